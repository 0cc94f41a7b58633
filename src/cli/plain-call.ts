import type { GlobalOptions } from './options.ts'

/** A command line that can be understood without a parser. */
export interface PlainCall {
  readonly verb: string
  readonly options: GlobalOptions
  readonly components: string[]
}

/**
 * A verb with nothing but names of components, `--json`, `--quiet` and `--config FILE`, which is what timers and prompts
 * call. Undefined when there is more to it: that is commander's, which takes a quarter of a start of Node to load.
 */
export function plainCall([verb = '', ...words]: readonly string[]): PlainCall | undefined {
  const components: string[] = []
  let options: GlobalOptions = {}
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--json') {
      options = { ...options, json: true }
    } else if (word === '--quiet') {
      options = { ...options, quiet: true }
    } else if (word === '--config') {
      const config = words.shift()
      if (config === undefined || config.startsWith('-')) return undefined
      options = { ...options, config }
    } else if (word.startsWith('-')) {
      return undefined
    } else {
      components.push(word)
    }
  }
  return { verb, options, components }
}
