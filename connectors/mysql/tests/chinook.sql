-- Chinook (lerocha/chinook-database 1.4.5, MIT) as MariaDB declares it; the rows come from the
-- reference file.
create table Artist (
  ArtistId integer not null,
  Name varchar(120),
  primary key (ArtistId)
);
create table Genre (
  GenreId integer not null,
  Name varchar(120),
  primary key (GenreId)
);
create table MediaType (
  MediaTypeId integer not null,
  Name varchar(120),
  primary key (MediaTypeId)
);
create table Playlist (
  PlaylistId integer not null,
  Name varchar(120),
  primary key (PlaylistId)
);
create table Employee (
  EmployeeId integer not null,
  LastName varchar(20) not null,
  FirstName varchar(20) not null,
  Title varchar(30),
  ReportsTo integer,
  BirthDate datetime,
  HireDate datetime,
  Address varchar(70),
  City varchar(40),
  State varchar(40),
  Country varchar(40),
  PostalCode varchar(10),
  Phone varchar(24),
  Fax varchar(24),
  Email varchar(60),
  primary key (EmployeeId),
  foreign key (ReportsTo) references Employee (EmployeeId)
);
create table Album (
  AlbumId integer not null,
  Title varchar(160) not null,
  ArtistId integer not null,
  primary key (AlbumId),
  foreign key (ArtistId) references Artist (ArtistId)
);
create table Track (
  TrackId integer not null,
  Name varchar(200) not null,
  AlbumId integer,
  MediaTypeId integer not null,
  GenreId integer,
  Composer varchar(220),
  Milliseconds integer not null,
  Bytes integer,
  UnitPrice decimal(10,2) not null,
  primary key (TrackId),
  foreign key (AlbumId) references Album (AlbumId),
  foreign key (GenreId) references Genre (GenreId),
  foreign key (MediaTypeId) references MediaType (MediaTypeId)
);
create table Customer (
  CustomerId integer not null,
  FirstName varchar(40) not null,
  LastName varchar(20) not null,
  Company varchar(80),
  Address varchar(70),
  City varchar(40),
  State varchar(40),
  Country varchar(40),
  PostalCode varchar(10),
  Phone varchar(24),
  Fax varchar(24),
  Email varchar(60) not null,
  SupportRepId integer,
  primary key (CustomerId),
  foreign key (SupportRepId) references Employee (EmployeeId)
);
create table Invoice (
  InvoiceId integer not null,
  CustomerId integer not null,
  InvoiceDate datetime not null,
  BillingAddress varchar(70),
  BillingCity varchar(40),
  BillingState varchar(40),
  BillingCountry varchar(40),
  BillingPostalCode varchar(10),
  Total decimal(10,2) not null,
  primary key (InvoiceId),
  foreign key (CustomerId) references Customer (CustomerId)
);
create table InvoiceLine (
  InvoiceLineId integer not null,
  InvoiceId integer not null,
  TrackId integer not null,
  UnitPrice decimal(10,2) not null,
  Quantity integer not null,
  primary key (InvoiceLineId),
  foreign key (InvoiceId) references Invoice (InvoiceId),
  foreign key (TrackId) references Track (TrackId)
);
create table PlaylistTrack (
  PlaylistId integer not null,
  TrackId integer not null,
  primary key (PlaylistId, TrackId),
  foreign key (PlaylistId) references Playlist (PlaylistId),
  foreign key (TrackId) references Track (TrackId)
);
