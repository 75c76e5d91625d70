import CommandKit

/// The tables of the record, version by version.
enum Schema {
    /// What `user_version` says of a record that this code writes.
    static let version: Int64 = 1

    /// Names of tables that are ours alone: an older record does not have them.
    static let newTables = ["claims", "ledger", "config_members", "heartbeats", "meta"]

    static let create = """
        CREATE TABLE onboarding_states (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            phone_number TEXT NOT NULL CHECK (phone_number LIKE '+%' OR phone_number LIKE 'erased:%'),
            agent_id TEXT NOT NULL,
            status TEXT NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'pending_welcome', 'collecting_info', 'ready_for_handover', 'complete', 'active', 'cancelled')),
            name TEXT,
            email TEXT,
            language TEXT,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL,
            expires_at TEXT,
            applied_at TEXT,
            oauth_state TEXT,
            oauth_checked_at TEXT
        ) STRICT;
        CREATE UNIQUE INDEX idx_phone_lookup ON onboarding_states(phone_number) WHERE status != 'cancelled';
        CREATE UNIQUE INDEX idx_agent_lookup ON onboarding_states(agent_id);
        CREATE INDEX idx_phone_order ON onboarding_states(phone_number, id);
        CREATE INDEX idx_expiration ON onboarding_states(expires_at) WHERE expires_at IS NOT NULL;

        CREATE TABLE state_transitions (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            state_id INTEGER REFERENCES onboarding_states(id) ON DELETE CASCADE,
            phone_number TEXT NOT NULL,
            from_status TEXT,
            to_status TEXT NOT NULL,
            transitioned_at TEXT NOT NULL
        ) STRICT;
        CREATE INDEX idx_transition_state ON state_transitions(state_id);

        CREATE TABLE claims (
            phone_number TEXT NOT NULL PRIMARY KEY CHECK (phone_number LIKE '+%'),
            agent_id TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL CHECK (kind IN ('provision', 'removal')),
            fence TEXT NOT NULL,
            agent_progress INTEGER NOT NULL DEFAULT 0 CHECK (agent_progress BETWEEN 0 AND 2),
            binding_progress INTEGER NOT NULL DEFAULT 0 CHECK (binding_progress BETWEEN 0 AND 2),
            allow_progress INTEGER NOT NULL DEFAULT 0 CHECK (allow_progress BETWEEN 0 AND 2),
            lease_end_boot_ms INTEGER NOT NULL,
            lease_ms INTEGER NOT NULL,
            boot_id TEXT NOT NULL,
            owner_pid INTEGER,
            owner_start INTEGER,
            owner_ns TEXT,
            created_at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE ledger (
            id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL CHECK (kind IN ('agent', 'binding', 'allow')),
            agent_id TEXT NOT NULL,
            phone_number TEXT NOT NULL,
            made_at TEXT NOT NULL,
            removed_at TEXT,
            how TEXT NOT NULL CHECK (how IN ('made', 'adopted'))
        ) STRICT;
        CREATE UNIQUE INDEX idx_ledger_open ON ledger(agent_id, kind, phone_number) WHERE removed_at IS NULL;
        CREATE INDEX idx_ledger_phone ON ledger(phone_number);

        CREATE TABLE config_members (pointer TEXT NOT NULL PRIMARY KEY, made_at TEXT NOT NULL) STRICT, WITHOUT ROWID;

        CREATE TABLE heartbeats (
            job TEXT NOT NULL PRIMARY KEY,
            last_run TEXT NOT NULL,
            exit_code INTEGER NOT NULL,
            period_seconds INTEGER
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        INSERT INTO meta (key, value) VALUES ('generation', 0), ('migrated_states', 0), ('migrated_transitions', 0);
        """
}
