import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { preload, type ServerClock } from '../simulation/fake-clock.ts'
import { shellWord } from '../../src/places/command-text.ts'
import type { EnginePair } from '../support/engines.ts'
import { until } from '../support/processes.ts'

/** Where in the backup of an engine a gate can stand. */
export type Moment = 'before' | 'during' | 'after'
type EngineName = 'restic' | 'pgbackrest'

/**
 * Programs that start the real engines and can be held at a gate: before a backup begins, in the middle of it, or after it has
 * ended and before Holdfast knows. So a fault happens where the matrix says, on a machine of any speed.
 */
export class Gates implements ServerClock {
  readonly engines: Record<EngineName, string>
  /** What libfaketime reads the distance from the true time from: `+0`, `-3600`. */
  readonly clockFile: string
  private readonly folder: string
  private passedSeconds = 0

  constructor(folder: string, pair: EnginePair) {
    this.folder = folder
    this.clockFile = join(folder, 'clock')
    // The owner of the database comes here too.
    mkdirSync(folder)
    chmodSync(folder, 0o777)
    this.setClock(0)
    const programs = join(folder, 'programs/usr/bin')
    mkdirSync(programs, { recursive: true })
    this.engines = { restic: join(programs, 'restic'), pgbackrest: join(programs, 'pgbackrest') }
    writeFileSync(this.engines.restic, this.programText('restic', pair.restic), { mode: 0o755 })
    writeFileSync(this.engines.pgbackrest, this.programText('pgbackrest', pair.pgbackrest), { mode: 0o755 })
  }

  close(engine: EngineName, moment: Moment): void {
    writeFileSync(this.file(engine, moment), '')
  }

  /** Waits for an engine to stand before a closed gate; false when what should have come there has ended. */
  async reached(engine: EngineName, moment: Moment, hasEnded: () => boolean): Promise<boolean> {
    const mark = `${this.file(engine, moment)}.reached`
    await until(() => existsSync(mark) || hasEnded())
    return existsSync(mark)
  }

  openAll(): void {
    for (const engine of ['restic', 'pgbackrest'] as const) {
      for (const moment of ['before', 'during', 'after'] as const) {
        rmSync(this.file(engine, moment), { force: true })
        rmSync(`${this.file(engine, moment)}.reached`, { force: true })
      }
    }
  }

  /** How far the clock of Holdfast, its engines and its database is off, in seconds. */
  setClock(seconds: number): void {
    const distance = this.passedSeconds + seconds
    writeFileSync(this.clockFile, `${distance < 0 ? '' : '+'}${distance}`, { mode: 0o644 })
  }

  /** The clock is right, and it is so much later. */
  letPass(seconds: number): void {
    this.passedSeconds += seconds
    this.setClock(0)
  }

  followingEnvironment(): Record<string, string> {
    return { ...preload, FAKETIME_TIMESTAMP_FILE: this.clockFile, FAKETIME_NO_CACHE: '1' }
  }

  private file(engine: EngineName, moment: Moment): string {
    return join(this.folder, `${engine}-${moment}`)
  }

  /** restic asks the kernel for the time, so it is told one; pgBackRest is a program that libfaketime reaches. */
  private programText(engine: EngineName, program: string): string {
    const isBackup = '*" backup "*'
    const clock = shellWord(this.clockFile)
    const variables = Object.entries(preload).map(([name, value]) => `${name}=${shellWord(value)}`)
    const start =
      engine === 'restic'
        ? `${shellWord(program)} "$@" --time "$(TZ=UTC date -d "@$(($(date +%s) $(cat ${clock})))" '+%Y-%m-%d %H:%M:%S')"`
        : `env FAKETIME="$(cat ${clock})" ${variables.join(' ')} ${shellWord(program)} "$@"`
    const begun = engine === 'restic' ? 'ls -l /proc/$child/fd 2>/dev/null | grep -q "/large$"' : '[ -n "$(pgrep -P $child)" ]'
    return `#!/bin/sh
case " $* " in ${isBackup}) ;; *) exec ${shellWord(program)} "$@" ;; esac
child= stopped=
gate() {
  [ -e ${shellWord(this.folder)}/${engine}-$1 ] || return 0
  : > ${shellWord(this.folder)}/${engine}-$1.reached
  while [ -e ${shellWord(this.folder)}/${engine}-$1 ]; do sleep 0.02; done
}
release() { kill -CONT $child $(pgrep -P $child) 2>/dev/null; }
trap 'stopped=1; [ -z "$child" ] || { release; kill -TERM $child; }' TERM INT
gate before
[ -z "$stopped" ] || exit 143
# In the background it could otherwise read what is not its own.
TZ=UTC ${start} </dev/null &
child=$!
if [ -e ${shellWord(this.folder)}/${engine}-during ]; then
  until ${begun}; do kill -0 $child 2>/dev/null || break; done
  kill -STOP $child $(pgrep -P $child) 2>/dev/null
  gate during
  release
fi
wait $child
code=$?
while kill -0 $child 2>/dev/null; do wait $child; code=$?; done
gate after
exit $code
`
  }
}
