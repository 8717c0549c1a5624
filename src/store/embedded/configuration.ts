/**
 * Server settings for a small machine that is shared with ku7s. The whole state is in ku7s' own cache, so Postgres
 * needs memory for little more than the pages that are being written.
 */
export function serverFlags(port: number, durable: boolean): string[] {
  const settings: Record<string, string | number> = {
    port,
    listen_addresses: '127.0.0.1',
    // loopback TCP only: socket paths are limited to 107 bytes, which deep data folders exceed
    unix_socket_directories: '',
    max_connections: 60,
    shared_buffers: '64MB',
    work_mem: '8MB',
    maintenance_work_mem: '32MB',
    effective_cache_size: '512MB',
    // every acknowledged write survives a crash
    fsync: durable ? 'on' : 'off',
    synchronous_commit: durable ? 'on' : 'off',
    full_page_writes: durable ? 'on' : 'off',
    wal_level: 'minimal',
    max_wal_senders: 0,
    wal_buffers: '8MB',
    min_wal_size: '128MB',
    max_wal_size: '1GB',
    checkpoint_timeout: '10min',
    checkpoint_completion_target: 0.9,
    // plans are short and many: compiling and parallel workers cost more than they give
    jit: 'off',
    max_parallel_workers_per_gather: 0,
    autovacuum_naptime: '30s',
    log_min_messages: 'warning',
    log_checkpoints: 'off',
    // no statement, no parameter and no row (`Failing row contains …`) gets into the log
    log_statement: 'none',
    log_min_duration_statement: -1,
    log_min_error_statement: 'panic',
    log_parameter_max_length: 0,
    log_parameter_max_length_on_error: 0,
    log_error_verbosity: 'terse',
    logging_collector: 'off',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
