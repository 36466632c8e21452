-- The support desk of "Larch & Linen": another database, bought elsewhere, that knows people by
-- whatever they wrote from, or by the customer number that they gave on the telephone.

create table agent (
    id integer primary key,
    full_name text not null,
    email text not null unique
);

create table contact (
    id integer primary key,
    full_name text not null,
    email text,
    phone text,
    shop_customer_no text,
    surveys integer not null default 1,
    created_at text not null
);

create table ticket (
    id integer primary key,
    contact_id integer not null references contact (id),
    agent_id integer references agent (id),
    subject text not null,
    status text not null,
    opened_at text not null
);

create table message (
    id integer primary key,
    ticket_id integer not null references ticket (id),
    agent_id integer references agent (id),
    body text not null,
    sent_at text not null
);

create table note (
    id integer primary key,
    ticket_id integer not null references ticket (id),
    agent_id integer references agent (id),
    body text not null
);

create table attachment (
    id integer primary key,
    message_id integer not null references message (id),
    file_name text not null,
    media_type text not null,
    content blob not null
);

create table satisfaction (
    id integer primary key,
    ticket_id integer not null references ticket (id),
    stars integer not null,
    comment text
);

create index contact_email on contact (email);
create index contact_customer_no on contact (shop_customer_no);
create index ticket_contact on ticket (contact_id);
create index message_ticket on message (ticket_id);
create index note_ticket on note (ticket_id);
