// Apache Cassandra as its jars, from Maven Central, fetched once per machine (66 MB, 10–25 s).
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cachedFolder } from './download-cache.ts'
import { runTool, toolAnswer } from './run-tool.ts'
import { ServerMissing } from './server-missing.ts'

const VERSION = '5.0.5'
/** Configuration templates and the list of what to fetch. */
export const CASSANDRA_FILES = fileURLToPath(new URL('../../servers/cassandra/', import.meta.url))

/** Java releases that this Cassandra runs on. */
const JAVA = /version "(11|17)\./

/** Folder of the jars. Throws ServerMissing when there is no fitting Java, or neither the jars nor a way to fetch them. */
export async function cassandraJars(): Promise<string> {
  const java = await toolAnswer('java', ['-version'])
  if (java === null || !JAVA.test(java)) {
    throw new ServerMissing('Apache Cassandra needs Java 11 or 17 as `java` on the PATH')
  }
  return cachedFolder(`cassandra-${VERSION}`, async (folder) => {
    if ((await toolAnswer('mvn', ['--version'])) === null) {
      throw new ServerMissing('Apache Cassandra is fetched with Maven: `mvn` is not on the PATH')
    }
    const project = join(folder, 'project')
    mkdirSync(project)
    copyFileSync(join(CASSANDRA_FILES, 'pom.xml'), join(project, 'pom.xml'))
    const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=jars']
    await runTool('mvn', ['-q', '-B', ...copy], project)
    for (const jar of readdirSync(join(project, 'jars'))) {
      renameSync(join(project, 'jars', jar), join(folder, jar))
    }
    rmSync(project, { recursive: true })
  })
}
