# The jobs of dcb, for /etc/cron.d: run as the owner of the state folder. Installed by scripts/cron-setup --cron-d.
SHELL=/bin/sh
PATH=/usr/local/bin:/usr/bin:/bin
MAILTO=""
17 * * * * openclaw cd "${OPENCLAW_STATE_DIR:-$HOME/.openclaw}" && flock -n .dcb/job-reconcile.lock dcb-reconcile --repair --job reconcile --format json 2>&1 | logger -t dcb-reconcile
0 2 * * * openclaw cd "${OPENCLAW_STATE_DIR:-$HOME/.openclaw}" && flock -n .dcb/job-oauth-check.lock dcb-oauth-check --record --job oauth-check --format json 2>&1 | logger -t dcb-oauth-check
0 3 * * * openclaw cd "${OPENCLAW_STATE_DIR:-$HOME/.openclaw}" && flock -n .dcb/job-backup.lock dcb-backup create --to "$HOME/dcb-backups" --keep 7 --job backup 2>&1 | logger -t dcb-backup
