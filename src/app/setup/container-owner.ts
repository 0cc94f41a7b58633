import { existsSync } from 'node:fs'
import { duration } from '../../domain/duration.ts'
import { composeWords, findCompose, readService, type DescribedService } from '../../sources/postgres/container/compose.ts'
import { runClient, type ContainerDescription } from '../../sources/postgres/container/inspection.ts'
import type { AppContext } from '../site/context.ts'

/** Who makes the container, and what keeps us from doing it. */
export interface Owner {
  /** How compose is called; undefined where a person has to do it. */
  readonly compose: readonly string[] | undefined
  readonly service: DescribedService | undefined
  readonly obstacle: string | undefined
}

/** Asks compose, where that made the container, what its files mean now. */
export async function askOwner(context: AppContext, description: ContainerDescription, over: string): Promise<Owner> {
  const { runtime, compose } = description
  const byHand = (obstacle: string, service?: DescribedService): Owner => ({ compose: undefined, service, obstacle })
  if (compose === undefined) return byHand(`it was not made by compose, so only you know how ${runtime} made it`)
  if (runtime === 'podman') return byHand('podman made it')
  const program = await findCompose(context.place, context.signal)
  if (program === undefined) return byHand('compose, which made it, is not installed')
  const files = compose.files.filter((file) => file !== over)
  const gone = files.find((file) => !existsSync(file))
  if (gone !== undefined || files.length === 0) return byHand(`${gone ?? 'the file that it was made from'} is gone`)
  const [command = '', ...words] = composeWords(program, { ...compose, files }, undefined, 'config')
  const answer = await runClient(context.place, command, words, { signal: context.signal, deadlineMs: duration(1, 'm') })
  if (answer.exitCode !== 0) return byHand(`compose cannot read its files: ${lastLine(answer.stderr)}`)
  const service = readService(answer.stdout, compose)
  if (/variable is not set/.test(answer.stderr)) return byHand('its files use variables that only your shell knows', service)
  return { compose: program, service, obstacle: undefined }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? ''
