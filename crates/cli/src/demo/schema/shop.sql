-- The shop of "Larch & Linen", a make-believe house that sells things of wood and cloth.

create table address (
    id integer primary key,
    street text not null,
    postcode text not null,
    city text not null,
    country text not null
);

create table staff (
    id integer primary key,
    full_name text not null,
    email text not null unique,
    role text not null
);

create table customer (
    id integer primary key,
    customer_no text not null unique,
    email text not null unique,
    full_name text not null,
    phone text,
    born_on text,
    password_hash text not null,
    newsletter integer not null default 0,
    address_id integer references address (id),
    rep_id integer references staff (id),
    referred_by integer references customer (id),
    joined_on text not null,
    last_login_at text
);

create table product (
    id integer primary key,
    name text not null,
    price_cents integer not null
);

create table orders (
    id integer primary key,
    customer_id integer references customer (id),
    delivery_address_id integer references address (id),
    placed_on text not null,
    status text not null,
    total_cents integer not null,
    delivery_note text
);

create table order_line (
    order_id integer not null references orders (id),
    line integer not null,
    product_id integer not null references product (id),
    quantity integer not null,
    price_cents integer not null,
    primary key (order_id, line)
);

create table payment (
    id integer primary key,
    order_id integer not null references orders (id),
    customer_id integer references customer (id),
    payer text not null,
    method text not null,
    card_last4 text,
    amount_cents integer not null,
    paid_on text not null
);

create table review (
    id integer primary key,
    customer_id integer not null references customer (id),
    product_id integer not null references product (id),
    stars integer not null,
    body text not null,
    written_on text not null
);

create table login (
    id integer primary key,
    customer_id integer not null references customer (id),
    at text not null,
    ip text not null,
    browser text not null
);

create index customer_address on customer (address_id);
create index orders_customer on orders (customer_id);
create index payment_order on payment (order_id);
create index review_customer on review (customer_id);
create index login_customer on login (customer_id);
