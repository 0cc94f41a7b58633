import { afterEach, beforeEach, vi } from 'vitest'

/** What each test of a group prints to standard error, without colours; nothing of it is seen. */
export function printedErrors(): { readonly text: string } {
  const printed = { text: '' }
  beforeEach(() => {
    printed.text = ''
    vi.stubEnv('NO_COLOR', '1')
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      printed.text += String(text)
      return true
    })
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
  })
  return printed
}
