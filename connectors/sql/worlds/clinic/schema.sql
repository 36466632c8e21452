-- A clinic that uses every way of hanging data on a person. {json} and {instant} are types of the
-- database.
create table ward (id integer primary key, name varchar(20) not null);
create table patient (
  id integer primary key,
  email varchar(80) not null unique,
  nick varchar(40),
  born date,
  postcode varchar(12),
  ward_id integer,
  profile {json},
  phone varchar(20),
  pin integer not null,
  foreign key (ward_id) references ward (id)
);
create table remark (
  id integer primary key,
  owner_type varchar(20) not null,
  owner_id integer not null,
  body varchar(200)
);
create table attribute (
  patient_id integer not null,
  name varchar(20) not null,
  value varchar(100),
  primary key (patient_id, name),
  foreign key (patient_id) references patient (id)
);
create table visit_log (
  id integer primary key,
  patient_id integer not null,
  at {instant} not null,
  seen varchar(80)
);
create view patient_card as select id, email, nick from patient;
insert into ward values (1, 'North');
insert into patient values
  (1, 'Ada@example.org', 'Ada L.', '1979-05-17', 'SW1A 2AA', 1,
    '{"contact": {"mail": "ada@home.example"}, "allergies": ["nuts", "cats"], "theme": "dark"}',
    '020 7946 0001', 4711),
  (2, 'ben@example.org', 'Ben', '1980-01-31', 'EH1 1AA', 1,
    '{"contact": {"mail": "ben@home.example"}, "allergies": []}', null, 4712),
  (3, 'cleo@example.org', null, null, null, null, null, null, 4713);
insert into remark values
  (1, 'Patient', 1, 'Ada likes tea'), (2, 'Ward', 1, 'North has a draught'),
  (3, 'Patient', 2, 'Ben snores');
insert into attribute values
  (1, 'phone', '020 7946 0002'), (1, 'mobile', null), (1, 'colour', 'green'),
  (2, 'phone', '020 7946 0003'), (2, 'colour', 'blue');
insert into visit_log values
  (1, 1, '2001-02-03 04:05:06', 'ada was here'), (2, 1, '{today}', 'ada is here'),
  (3, 2, '{today}', 'ben is here');
