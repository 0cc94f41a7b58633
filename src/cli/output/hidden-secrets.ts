import { createRedactor, type Redactor } from '../../places/redaction.ts'

const hidden = new Set<string>()
let redact: Redactor | undefined

/**
 * From now on, whatever this process prints shows none of these secrets. Engines' words are redacted where they come from; a
 * path or a line of the configuration that holds one comes from nowhere in particular.
 */
export function hideInOutput(secrets: readonly string[]): void {
  if (redact === undefined) for (const output of [process.stdout, process.stderr]) redactWrites(output)
  for (const secret of secrets) hidden.add(secret)
  redact = createRedactor([...hidden])
}

function redactWrites(output: NodeJS.WriteStream): void {
  const write = output.write.bind(output)
  output.write = (text: string | Uint8Array, ...more: never[]) =>
    write(typeof text === 'string' && redact !== undefined ? redact(text) : text, ...more)
}
