import { existsSync } from 'node:fs'

/** A cluster that Debian's tools know: its data and its configuration lie in two places. */
export interface DebianCluster {
  readonly major: string
  readonly name: string
  /** Folder of postgresql.conf, pg_hba.conf and the rest. */
  readonly configuration: string
}

/** The cluster that Debian's tools would know a data directory by: /var/lib/postgresql/<major>/<name>. */
export function debianNameOf(dataDirectory: string): DebianCluster | undefined {
  const [, major, name] = /^\/var\/lib\/postgresql\/(\d+)\/([^/]+)$/.exec(dataDirectory) ?? []
  return major === undefined || name === undefined
    ? undefined
    : { major, name, configuration: `/etc/postgresql/${major}/${name}` }
}

/** The same, where it really is one. */
export function debianCluster(dataDirectory: string): DebianCluster | undefined {
  const cluster = debianNameOf(dataDirectory)
  return cluster !== undefined && existsSync(`${cluster.configuration}/postgresql.conf`) ? cluster : undefined
}
