//! MariaDB keeps every promise of a connector.

mod shop;

habeas_connector::conformance_tests!(shop::world);
