import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { HoldfastError } from '../../domain/errors.ts'
import type { Place } from '../../places/place.ts'

/** Unless its path says that it is of another one: `/usr/lib/postgresql/15/bin/postgres`, `/usr/pgsql-15/bin/postgres`. */
function isOfVersion(program: string, majorVersion: string): boolean {
  const said = /[/-](\d+(?:\.\d+)?)\/bin\/postgres$/.exec(existsSync(program) ? realpathSync(program) : program)?.[1]
  return said === undefined || said === majorVersion
}

/** Folder of the server programs of a major version; Debian keeps several side by side. */
export function findServerPrograms(place: Place, majorVersion: string): string {
  const debian = `/usr/lib/postgresql/${majorVersion}/bin`
  if (place.find(join(debian, 'postgres')) !== undefined) return debian
  const found = place.find('postgres')
  if (found !== undefined && isOfVersion(found, majorVersion)) return found.slice(0, found.lastIndexOf('/'))
  throw new HoldfastError('program-missing', `the programs of PostgreSQL ${majorVersion} are not installed`, {
    hint: `apt-get install postgresql-${majorVersion}`,
  })
}
