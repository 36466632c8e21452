//! The tables as diesel sees them: one text for both databases, compared with the live schemas in
//! a test.

diesel::table! {
    worker (id) {
        id -> Text,
        host -> Text,
        version -> Text,
        started_at -> Timestamp,
        alive_until -> Timestamp,
        state -> Text,
    }
}

diesel::table! {
    request (id) {
        id -> Text,
        reference -> Text,
        right -> Text,
        channel -> Text,
        law_profile -> Text,
        law_version -> Text,
        clock -> Text,
        received_at -> Timestamp,
        due_on -> Text,
        due_at -> Timestamp,
        phase -> Text,
        phase_data -> Text,
        person -> Binary,
        idem_key -> Nullable<Binary>,
        idem_digest -> Nullable<Binary>,
        downloads -> BigInt,
        closed_at -> Nullable<Timestamp>,
        version -> BigInt,
    }
}

diesel::table! {
    identifier (id) {
        id -> Text,
        request_id -> Text,
        kind -> Text,
        sealed -> Binary,
        blind -> Binary,
        source -> Text,
        proven_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    challenge (id) {
        id -> Text,
        request_id -> Text,
        purpose -> Text,
        salt -> Binary,
        code_hash -> Binary,
        made_at -> Timestamp,
        expires_at -> Timestamp,
        tries -> BigInt,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    capability (token_hash) {
        token_hash -> Binary,
        request_id -> Text,
        made_at -> Timestamp,
    }
}

diesel::table! {
    plan (id) {
        id -> Text,
        request_id -> Text,
        hash -> Text,
        bytes -> Binary,
        made_at -> Timestamp,
    }
}

diesel::table! {
    store_gate (store_id) {
        store_id -> Text,
        max_running -> BigInt,
        next_ok_at -> Nullable<Timestamp>,
        batch -> BigInt,
        rate_milli -> Nullable<BigInt>,
        burst_milli -> BigInt,
        tokens_milli -> BigInt,
        refilled_at -> Nullable<Timestamp>,
        breaker -> Text,
        fails -> BigInt,
        open_seconds -> BigInt,
        open_until -> Nullable<Timestamp>,
        paused_at -> Nullable<Timestamp>,
        paused_by -> Nullable<Text>,
        paused_why -> Nullable<Text>,
    }
}

diesel::table! {
    step (id) {
        id -> Text,
        request_id -> Text,
        store_id -> Text,
        verb -> Text,
        slot -> Text,
        state -> Text,
        due_at -> Timestamp,
        not_before -> Nullable<Timestamp>,
        attempts -> BigInt,
        crashes -> BigInt,
        lease_epoch -> BigInt,
        lease_owner -> Nullable<Text>,
        run_deadline_at -> Nullable<Timestamp>,
        last_class -> Nullable<Text>,
        last_code -> Nullable<Text>,
        last_message -> Nullable<Text>,
        parked_reason -> Nullable<Text>,
        payload -> Nullable<Binary>,
        result -> Nullable<Binary>,
        outcome -> Nullable<Text>,
        outcome_at -> Nullable<Timestamp>,
        priority -> BigInt,
        releases -> BigInt,
        call -> Nullable<Text>,
        handle -> Nullable<Binary>,
    }
}

diesel::table! {
    schedule (name, slot) {
        name -> Text,
        slot -> Timestamp,
        taken_at -> Timestamp,
    }
}

diesel::table! {
    step_attempt (step_id, lease_epoch) {
        step_id -> Text,
        lease_epoch -> BigInt,
        worker_id -> Text,
        started_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
        class -> Nullable<Text>,
        code -> Nullable<Text>,
    }
}

diesel::table! {
    effect (step_id) {
        step_id -> Text,
        effect_key -> Text,
        intent_epoch -> BigInt,
        intent_at -> Timestamp,
        confirmed_at -> Nullable<Timestamp>,
        verified_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    officer (id) {
        id -> Text,
        login -> Text,
        name -> Text,
        password_hash -> Text,
        made_at -> Timestamp,
        disabled_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    session (token_hash) {
        token_hash -> Binary,
        officer_id -> Text,
        csrf -> Text,
        made_at -> Timestamp,
        seen_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    sign_in_failure (login_hash) {
        login_hash -> Binary,
        fails -> BigInt,
        last_at -> Timestamp,
    }
}

diesel::table! {
    store_drift (store_id) {
        store_id -> Text,
        seen_at -> Timestamp,
        drift -> Text,
    }
}

diesel::table! {
    audit (id) {
        id -> Text,
        request_id -> Nullable<Text>,
        step_id -> Nullable<Text>,
        at -> Timestamp,
        actor -> Text,
        event -> Text,
        detail -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(step, worker, store_gate, effect);
diesel::joinable!(step_attempt -> step (step_id));
diesel::allow_tables_to_appear_in_same_query!(step_attempt, step);
