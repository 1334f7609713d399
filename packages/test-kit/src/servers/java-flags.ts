// What a JVM must be told before Cassandra 5.0 runs on it, without the shell scripts of its distribution.
const EXPORTS = [
  'java.base/jdk.internal.misc',
  'java.base/jdk.internal.ref',
  'java.base/jdk.internal.util',
  'java.base/java.lang.ref',
  'java.base/sun.nio.ch',
  'java.management.rmi/com.sun.jmx.remote.internal.rmi',
  'java.rmi/sun.rmi.registry',
  'java.rmi/sun.rmi.server',
  'java.sql/java.sql',
]

const OPENS = [
  'java.base/java.io',
  'java.base/java.lang',
  'java.base/java.lang.module',
  'java.base/java.lang.reflect',
  'java.base/java.nio',
  'java.base/java.util',
  'java.base/java.util.concurrent',
  'java.base/java.util.concurrent.atomic',
  'java.base/jdk.internal.loader',
  'java.base/jdk.internal.math',
  'java.base/jdk.internal.module',
  'java.base/jdk.internal.ref',
  'java.base/jdk.internal.reflect',
  'java.base/jdk.internal.util.jar',
  'java.base/sun.nio.ch',
  'jdk.management/com.sun.management.internal',
]

/** @param heapMiB - the process takes about 400 MiB more */
export function javaFlags(heapMiB: number): string[] {
  return [
    ...[`-Xms${heapMiB}m`, `-Xmx${heapMiB}m`, '-Xss256k', '-XX:+ExitOnOutOfMemoryError'],
    // A server that lives for minutes, on few cores, and is started again and again: the second compiler and a parallel collector
    // would take the cores from everything else for the first half minute, and are worth it only later.
    ...['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'],
    ...['-XX:+PerfDisableSharedMem', '-Djdk.attach.allowAttachSelf=true', '-Djava.awt.headless=true'],
    '-Dio.netty.tryReflectionSetAccessible=true',
    ...EXPORTS.flatMap((name) => ['--add-exports', `${name}=ALL-UNNAMED`]),
    ...OPENS.flatMap((name) => ['--add-opens', `${name}=ALL-UNNAMED`]),
  ]
}
