import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { shellWord } from '../../src/places/command-text.ts'
import type { EnginePair } from '../support/engines.ts'
import { preload, type FakeClock } from './fake-clock.ts'

/** Programs that start the real engines under the simulated clock; holdfast.yaml names them under `engines`. */
export type TimedEngines = Pick<EnginePair, 'restic' | 'pgbackrest'>

/** Writes them; once more for another pair, as an upgrade of the machine would. */
export function writeTimedEngines(folder: string, clock: FakeClock, pair: EnginePair, storage: string): TimedEngines {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const restic = join(folder, 'restic')
  const pgbackrest = join(folder, 'pgbackrest')
  writeFileSync(restic, resticText(clock, pair.restic), { mode: 0o755 })
  writeFileSync(pgbackrest, pgbackrestText(clock, pair.pgbackrest, storage), { mode: 0o755 })
  return { restic, pgbackrest }
}

/**
 * restic asks the kernel itself, so no library reaches it; but its backups take a time. From 0.17 on it writes when a backup
 * really began and ended beside it, and that must not be seen.
 */
function resticText(clock: FakeClock, program: string): string {
  return `#!/bin/sh
now() { TZ=UTC date -d "@$(($(date +%s) $(cat ${shellWord(clock.file)})))" '+%Y-%m-%d %H:%M:%S'; }
case $1 in
  backup)
    shift
    TZ=UTC exec ${shellWord(program)} backup --time "$(now)" "$@" ;;
  snapshots)
    answer=$(${shellWord(program)} "$@") || exit $?
    printf '%s\\n' "$answer" | sed -E 's/"backup_(start|end)":"[^"]*",//g' ;;
  *) exec ${shellWord(program)} "$@" ;;
esac
`
}

/**
 * A library brings pgBackRest to the simulated time. The kernel dates the files that it writes all the same, and the time at
 * which a segment of WAL was archived is read from there: so it is set behind the engine's back.
 */
function pgbackrestText(clock: FakeClock, program: string, storage: string): string {
  const variables = Object.entries(preload).map(([name, value]) => `${name}=${shellWord(value)}`)
  return `#!/bin/sh
# The server's own library would reach the programs of this script too.
unset LD_PRELOAD FAKETIME_SHARED FAKETIME_TIMESTAMP_FILE FAKETIME_NO_CACHE
distance=$(cat ${shellWord(clock.file)})
timed() { env FAKETIME="$distance" ${variables.join(' ')} ${shellWord(program)} "$@"; }
case " $* " in
  *' archive-push '*)
    timed "$@" || exit $?
    for segment; do :; done
    find ${shellWord(storage)}/*/archive -name "\${segment##*/}*" -exec touch -d "@$(($(date +%s) $distance))" {} + ;;
  *) exec env FAKETIME="$distance" ${variables.join(' ')} ${shellWord(program)} "$@" ;;
esac
`
}
