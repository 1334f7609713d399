// The size of libuv's thread pool: ClickHouse in this process holds one of its threads per running query, and file system,
// name look-up and inflating need some, too. Must run before anything uses the pool, so before the first ES module is loaded.

const THREADS = '16'

/** Sets `UV_THREADPOOL_SIZE` unless somebody already chose it. */
export function sizeThreadPool(): void {
  process.env['UV_THREADPOOL_SIZE'] ??= THREADS
}
