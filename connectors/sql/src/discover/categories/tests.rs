//! Column names of well-known kinds of schemas (shops, mail tools, forums, clinics, payroll, web
//! frameworks), and what each of them holds.

use super::*;
use crate::Shape::{self, *};

#[track_caller]
fn check(shape: Shape, expected: Option<&str>, names: &str) {
    let wrong: Vec<String> = names
        .split_whitespace()
        .map(|name| (name, category(name, shape)))
        .filter(|(_, found)| *found != expected)
        .map(|(name, found)| format!("{name} is {found:?}"))
        .collect();
    assert_eq!(wrong, Vec::<String>::new(), "expected {expected:?}");
}

#[test]
fn a_moment_or_a_flag_is_not_the_thing_that_it_is_about() {
    check(
        Time,
        None,
        "
        last_login_at last_login LastLogin last_login_date login_at email_verified_at
        email_confirmed_at password_changed_at PasswordLastChanged password_reset_sent_at
        reset_password_sent_at remember_created_at confirmation_sent_at token_expires_at
        phone_verified_at created_at updated_at deleted_at CreateDate ModifiedDate order_date
        address_updated_at card_expires_at last_sign_in_at locked_at subscribed_on shipped_date
        message_sent_at photo_taken_at note_date comment_date invoice_date due_date",
    );
    check(
        Bool,
        None,
        "
        email_verified is_email_confirmed EmailConfirmed PhoneNumberConfirmed TwoFactorEnabled
        is_staff is_active is_superuser receive_email has_photo newsletter accepts_marketing
        address_is_default gender_visible location_enabled",
    );
    check(
        Text,
        None,
        "
        email_status email_type email_template email_subject email_folder phone_type address_type
        address_label card_type token_type password_policy login_status login_provider
        email_preferences email_frequency mail_provider message_type note_type comment_status
        sex_required location_type photo_format country_visibility message_id body_format",
    );
    check(
        Integer,
        None,
        "
        login_count sign_in_count failed_login_attempts email_count emails_sent_total
        password_failures address_count num_emails max_tokens token_count comment_count
        comments_count message_count photo_count note_count city_id country_id address_id email_id
        state_id phone_id login_id card_id location_id device_count age_limit",
    );
}

#[test]
fn a_thing_that_shares_a_word_is_no_persons() {
    check(
        Text,
        None,
        "
        chip relation title sku slug hash commit_hash content_hash file_hash md5 checksum currency
        color brand model product_code barcode serial_number part_number status order_status
        order_state payment_state workflow_state tax_rate vat_rate discount_code coupon gift_card
        category department name label rating quantity unit size width season genre publisher isbn
        film_rating special_features track_name album artist composer media_type playlist
        stage_name page_image mime_type language_code_id wildcard scorecard postage shipping_method
        carrier tracking_number reference url host path referer query timezone time_zone
        subject headline tags permalink excerpt layout theme icon nationwide equipment pinned
        interface stateless addressable clinic_code dosage frequency ward protocol",
    );
    check(
        Integer,
        None,
        "
        id customer_id CustomerId order_id user_id quantity total amount price points rank position
        year month day week version priority stock height weight state status_code",
    );
    check(
        Time,
        None,
        "starts_at ends_at opened_at timestamp rental_date return_date valid_until",
    );
}

#[test]
fn ways_to_reach_somebody_are_told() {
    check(
        Text,
        Some(EMAIL),
        "
        email Email EMail e_mail mail email_address EmailAddress user_email customer_email
        contact_email billing_email support_email paypal_email work_email recipient_email
        reply_to_email mail_address email1 email_2 EMAIL email_id unconfirmed_email new_email",
    );
    check(
        Text,
        Some(PHONE),
        "
        phone Phone phone_number PhoneNumber mobile mobile_phone MobileNo cellphone telephone tel
        home_phone work_phone phone2 contact_phone msisdn whatsapp_number billing_phone",
    );
    check(Integer, Some(PHONE), "phone phone_number mobile");
    check(
        Text,
        Some("user.contact.fax_number"),
        "fax Fax fax_number fax_phone",
    );
    check(
        Text,
        Some("user.contact.address.street"),
        "
        address Address address1 address2 AddressLine1 street street_name street_address
        shipping_address billing_address home_address addr addr_line_1 ship_address BillingAddress
        BillToAddress",
    );
    check(
        Text,
        Some("user.contact.address.postal_code"),
        "
        postal_code PostalCode postcode zip zip_code zipcode ship_postal_code BillingPostalCode",
    );
    check(
        Integer,
        Some("user.contact.address.postal_code"),
        "zip zip_code postal_code",
    );
    check(
        Text,
        Some("user.contact.address.city"),
        "city City town ship_city BillingCity hometown_city",
    );
    check(
        Text,
        Some("user.contact.address.country"),
        "country country_code BillingCountry",
    );
    check(Text, Some("user.contact.address.state"), "
        state province region county district billing_state StateProvince shipping_state ship_region");
    check(
        Text,
        Some("user.contact.social_url"),
        "website homepage blog_website",
    );
}

#[test]
fn names_are_told() {
    check(
        Text,
        Some("user.name.first"),
        "first_name FirstName firstname given_name fname",
    );
    check(
        Text,
        Some("user.name.last"),
        "last_name LastName surname family_name lastname lname",
    );
    check(
        Text,
        Some(NAME),
        "
        full_name FullName middle_name MiddleName display_name nickname maiden_name customer_name
        contact_name ContactName recipient recipient_name payer cardholder card_holder_name
        account_holder salutation legal_name preferred_name patient_name ship_name",
    );
    check(
        Text,
        Some(USERNAME),
        "username user_name UserName login user_login screen_name account_login",
    );
}

#[test]
fn secrets_are_told() {
    check(
        Text,
        Some("user.authorization.password"),
        "
        password password_hash PasswordHash encrypted_password passwd pwd password_digest_old salt
        PasswordSalt user_pass_hash security_answer password_hint reset_password_token",
    );
    check(
        Text,
        Some("user.authorization.credentials"),
        "
        api_key api_token reset_token remember_token access_token
        refresh_token session_token auth_token secret client_secret totp_secret otp_code pin
        two_factor_secret private_key",
    );
    check(
        Bytes,
        Some("user.authorization.password"),
        "password_hash salt",
    );
}

#[test]
fn devices_and_places_are_told() {
    check(
        Text,
        Some(IP),
        "
        ip ip_address IpAddress IPAddress last_login_ip client_ip remote_ip sign_up_ip
        current_sign_in_ip last_sign_in_ip author_ip comment_author_IP",
    );
    check(Integer, Some(IP), "ip ip_address");
    check(
        Text,
        Some("user.device"),
        "user_agent browser UserAgent comment_browser",
    );
    check(
        Text,
        Some("user.device.device_id"),
        "device_id device_fingerprint_hash mac_address idfa imei",
    );
    check(
        Number,
        Some("user.location.precise"),
        "latitude longitude lat lng lon geo_lat",
    );
    check(Text, Some("user.location"), "location work_location");
}

#[test]
fn what_a_person_is_is_told() {
    check(
        Time,
        Some(BIRTH),
        "birth_date BirthDate date_of_birth dob birthday birthdate born_on",
    );
    check(Text, Some(BIRTH), "birth_date date_of_birth dob");
    check(
        Text,
        Some("user.demographic.gender"),
        "gender Gender sex pronouns",
    );
    check(Integer, Some("user.demographic.gender"), "gender sex");
    check(
        Text,
        Some("user.demographic.marital_status"),
        "marital_status MaritalStatus",
    );
    check(
        Text,
        Some("user.demographic.race_ethnicity"),
        "ethnicity race",
    );
    check(Integer, Some("user.demographic.age_range"), "age");
    check(
        Text,
        Some("user.professional_information.job_title"),
        "job_title JobTitle occupation",
    );
    check(
        Text,
        Some(WORKPLACE),
        "company Company employer company_name",
    );
    check(Time, Some(WORKPLACE), "hire_date HireDate hired_on");
    check(
        Text,
        Some("user.health"),
        "
        diagnosis blood_type medical_history medication allergies insurance_number",
    );
    check(
        Text,
        Some("user.content.self_image"),
        "photo photo_url avatar avatar_url profile_picture picture",
    );
    check(
        Bytes,
        Some("user.content.self_image"),
        "photo picture avatar",
    );
}

#[test]
fn what_identifies_before_the_state_or_the_bank_is_told() {
    check(
        Text,
        Some(NATIONAL_ID),
        "
        ssn SSN social_security_number national_id NationalIDNumber tax_id tax_number vat_number
        vat_id  cpf pesel national_insurance_number",
    );
    check(
        Text,
        Some("user.government_id.passport_number"),
        "passport passport_number passport_no",
    );
    check(
        Text,
        Some(BANK),
        "iban IBAN bank_account bank_name bic account_number routing_number sort_code",
    );
    check(
        Text,
        Some(CARD),
        "credit_card CreditCard card_number CardNumber card_last4 card_brand cvv cc_number last4",
    );
    check(
        Number,
        Some("user.financial"),
        "salary Salary hourly_wage credit_limit income",
    );
}

#[test]
fn words_of_their_own_are_told() {
    check(
        Text,
        Some(FREE_TEXT),
        "
        note notes comment comments message body feedback remarks description bio about_me
        order_notes customer_comments delivery_note CommentText",
    );
    check(Integer, None, "note notes description body");
}

#[test]
fn every_category_is_one_of_the_taxonomy() {
    for (words, category) in CATEGORIES {
        let current = habeas_domain::data_map::category::replaced_by(category).is_none();
        let known = habeas_domain::data_map::category::is_known(category);
        assert!(known && current, "{words:?}: {category}");
    }
}

#[test]
fn an_identity_is_an_address_and_not_what_is_near_it() {
    for (name, kind) in [
        ("email", Some(Kind::Email)),
        ("EmailAddress", Some(Kind::Email)),
        ("email_2", Some(Kind::Email)),
        ("email_domain", None),
        ("mail_body_email_text", None),
        ("phone_number", Some(Kind::Phone)),
        ("phone_country", None),
        ("username", Some(Kind::Username)),
        ("screen_name", Some(Kind::Username)),
        ("first_name", None),
    ] {
        let found = category(name, Text).and_then(|category| identity(category, name));
        assert_eq!(found, kind, "{name}");
    }
}
