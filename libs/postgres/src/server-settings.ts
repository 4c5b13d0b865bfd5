/** Values for `-c name=value`; a caller's own settings win. */
export type ServerSettings = Readonly<Record<string, string>>;

/**
 * What a ledger on one small machine needs. Durability is never traded (fsync, full_page_writes and synchronous_commit stay on);
 * memory is: the server and the service together rest below 250 MB.
 */
export const embeddedSettings: ServerSettings = {
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  // Memory.
  shared_buffers: '32MB',
  max_connections: '40',
  work_mem: '4MB',
  maintenance_work_mem: '32MB',
  autovacuum_work_mem: '16MB',
  autovacuum_max_workers: '2',
  huge_pages: 'off',
  // Compiling a query costs more than any query of a ledger, and its library is memory in every session.
  jit: 'off',
  // Processes that nothing here uses: replication, parallel query, the workers of asynchronous reading.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  max_parallel_workers_per_gather: '0',
  max_parallel_maintenance_workers: '0',
  max_worker_processes: '2',
  io_method: 'sync',
  // Recovery after a crash has to read back at most this much.
  max_wal_size: '512MB',
  checkpoint_timeout: '5min',
  // After a crash every file is made durable first: one by one that is 1.4 s, by the whole file system 0.2 s. Only Linux can.
  ...(process.platform === 'linux' ? { recovery_init_sync_method: 'syncfs' } : {}),
  effective_cache_size: '512MB',
  random_page_cost: '1.1',
  // A session whose client was killed ends within this time, with its locks, also in the middle of a statement.
  client_connection_check_interval: '2s',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  log_line_prefix: '',
};
