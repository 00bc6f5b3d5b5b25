DROP TABLE sessions;
DROP TABLE representatives;
DROP INDEX tokens_account;
ALTER TABLE tokens DROP COLUMN expires_at;
ALTER TABLE tokens DROP COLUMN mandate;
ALTER TABLE tokens DROP COLUMN account;
DROP TABLE mandates;
DROP TABLE accounts;
