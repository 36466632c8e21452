drop table store_drift;
