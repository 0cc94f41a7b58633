import type { Command } from '../../src/domain/command.ts'
import type { Finished, LocalPlace } from '../../src/places/place.ts'

/** A place that runs nothing: it notes what it was told to, and ends as it is told, well unless told otherwise. */
export interface FakePlace extends LocalPlace {
  readonly commands: Command[]
}

export function createFakePlace(answer: (command: Command) => Partial<Finished> = () => ({})): FakePlace {
  const commands: Command[] = []
  return {
    kind: 'local',
    name: 'this machine',
    commands,
    async run(command) {
      commands.push(command)
      return { exitCode: 0, signal: undefined, stdout: '', stderr: '', ...answer(command) }
    },
    find: (program) => program,
    stampOf: () => '',
    displayCommand: (command) => command,
  }
}
