insert into address (id, street, city) values
  (100, 'Łąkowa 1', 'Łódź'), (200, 'Hauptstraße 2', 'Wien'), (300, 'Rue 3', 'Lyon'),
  (900, 'Shared lane 9', 'Cork'), (901, 'Depot road 9', 'Cork');
insert into person (id, email, full_name, secret, photo, newsletter, joined, address_id, billing_id, mentor_id) values
  (3, 'cem@example.org', 'Cem', 'c', null, 1, null, 300, null, null),
  (1, 'Ada.Łovelace@Example.ORG', 'Ada Łovelace', 'hash-of-ada', {photo}, 1, '2024-02-29 12:30:00', 100, 900, 3),
  (2, 'ben@example.org', 'Ben O''Brien', null, null, 1, '2023-01-01 00:00:00', 200, null, null),
  (4, 'dee@example.org', 'Dee', 'd', null, 1, null, 900, null, 3),
  (5, 'eve@example.org', 'Eve', 'e', null, 0, null, null, null, null),
  (6, null, 'No Address', null, null, 1, null, null, null, null),
  (7, '', 'Empty Address', null, null, 1, null, null, null, null);
insert into depot (id, address_id) values (1, 901);
insert into purchase (shop, number, person_id, total) values
  (1, 100, 1, 12.50), (2, 100, 1, 0.10), (1, 200, 2, 7.00), (1, 300, 3, 9.99);
insert into item (shop, number, line, buyer_id, what) values
  (1, 100, 1, 1, 'book'), (1, 100, 2, null, 'pen'), (2, 100, 1, 1, 'ink'),
  (1, 200, 1, 2, 'cup'), (1, 300, 1, 3, 'tea');
insert into review (id, author_id, body) values (100, 1, 'Good ink.'), (500, 5, 'Bad tea.');
insert into reply (id, author_id, review_id, body) values (101, 1, 500, 'I liked it.'), (301, 3, 500, 'So did I.');
insert into ledger (id, person_id, payer, amount) values
  (100, 1, 'Ada Łovelace', 12.50), (101, 1, 'Ada Łovelace', 0.10), (200, 2, 'Ben O''Brien', 7.00);
insert into complaint (id, person_email, body) values
  (100, 'ADA.Łovelace@example.org', 'Ben was rude.'), (300, 'cem@example.org', 'Too slow.'), (700, '', 'Who am I?');
insert into goods (sku, title) values ('book', 'A book'), ('pen', 'A pen');
insert into visit (day, id, person_id, page) values
  ('2025-06-01', 100, 1, '/'), ('2026-06-01', 101, 1, '/ink'),
  ('2025-06-01', 200, 2, '/'), ('2026-06-02', 201, 2, '/cup'), ('2026-06-02', 300, 3, '/');
