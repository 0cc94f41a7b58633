import { readFileSync } from 'node:fs'
import { LineCounter, parseDocument, visit, type Alias, type Document } from 'yaml'
import { HoldfastError, isSystemError } from '../domain/errors.ts'
import { systemErrorText } from '../domain/system-error-text.ts'
import type { Site } from '../domain/site.ts'
import { explainIssues } from './explain.ts'
import { overlapProblems } from './overlaps.ts'
import { problemsError, type Problem } from './problem.ts'
import { resolveSite } from './resolve-site.ts'
import { settingsSchema } from './schema.ts'
import type { Machine } from '../machine/port.ts'

/**
 * Reads and checks a configuration file. Throws `configuration` with every error at once, each with its place.
 *
 * @param file absolute path of holdfast.yaml
 * @param machine follows links, so that none hides an overlap
 * @param text what it holds, for a caller who needs to know what exactly was checked
 */
export async function loadSite(
  file: string,
  machine: Pick<Machine, 'realPath'>,
  text: string = readConfiguration(file),
): Promise<Site> {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: true })
  if (document.errors.length > 0)
    throw problemsError(
      file,
      text,
      document.errors.map((error) => yamlProblem(error, lineCounter)),
    )
  // A configuration is parsed once a start: compiling the schema to JavaScript first would cost more than it saves.
  const parsed = settingsSchema.safeParse(contentOf(file, text, document, lineCounter), { jitless: true })
  if (!parsed.success) {
    throw problemsError(file, text, explainIssues(parsed.error.issues, document, lineCounter))
  }
  const site = resolveSite(file, parsed.data)
  const overlaps = await overlapProblems(site, document, lineCounter, machine)
  if (overlaps.length > 0) throw problemsError(file, text, overlaps)
  return site
}

/** The text of a configuration file. Throws `configuration` when there is none, or when it is no text. */
export function readConfiguration(file: string): string {
  try {
    const content = readFileSync(file)
    return new TextDecoder('utf-8', { fatal: true }).decode(content)
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') {
      throw new HoldfastError('configuration', `there is no configuration at ${file}`, {
        hint: 'holdfast init writes one; --config or HOLDFAST_CONFIG points to another place',
        cause: error,
      })
    }
    const message = error instanceof TypeError ? 'it is not UTF-8 text' : systemErrorText(error)
    throw new HoldfastError('configuration', `cannot read ${file}: ${message}`, {
      hint: 'check its permissions and its encoding; holdfast usually runs as root',
      cause: error,
    })
  }
}

function yamlProblem(error: { message: string; pos: [number, number]; code: string }, lineCounter: LineCounter): Problem {
  const { line, col } = lineCounter.linePos(error.pos[0])
  const message = error.message.split('\n')[0] as string
  return {
    line: Math.max(1, line),
    column: Math.max(1, col),
    length: error.pos[1] - error.pos[0],
    message: `not valid YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`,
    hint:
      { DUPLICATE_KEY: 'every key, and every component, may appear once', BAD_ALIAS: 'write the value itself' }[error.code] ??
      'check indentation, quotes and brackets near here',
  }
}

/** Aliases are followed only now: one that leads nowhere, or unfolds without end, is an error of the text like any other. */
function contentOf(file: string, text: string, document: Document, lineCounter: LineCounter): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    const astray: Alias[] = []
    visit(document, {
      Alias: (_key, alias) => void (alias.resolve(document) === undefined && astray.push(alias)),
    })
    const [begin = 0, end = 1] = astray[0]?.range ?? []
    const problem = { message: error.message, pos: [begin, end] as [number, number], code: 'BAD_ALIAS' }
    throw problemsError(file, text, [yamlProblem(problem, lineCounter)])
  }
}
