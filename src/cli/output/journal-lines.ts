import { fstatSync } from 'node:fs'

/** Whether systemd's journal reads a file descriptor: the variable names its device and inode (systemd.exec(5)). */
export function isJournal(descriptor: number, environment: NodeJS.ProcessEnv = process.env): boolean {
  const stream = environment['JOURNAL_STREAM']
  if (stream === undefined) return false
  const { dev, ino } = fstatSync(descriptor)
  return stream === `${dev}:${ino}`
}

/** Priorities of syslog(3). */
const priorities: Readonly<Record<string, string>> = { '✗': '<3>', '!': '<4>' }

/**
 * Gives lines the priority that their mark means, so that `journalctl -p err` finds them. What is indented below a marked
 * line belongs to it. Of standard error, all is an error.
 */
export function journalLines(unmarked: '' | '<3>'): (text: string) => string {
  let mark = ''
  let margin = 0
  return (text) =>
    text
      .split('\n')
      .map((line) => {
        if (line === '') return line
        const indent = line.search(/\S/)
        const priority = priorities[line.trimStart().slice(0, 1)]
        if (priority !== undefined || mark === '' || indent <= margin) {
          mark = priority ?? ''
          margin = indent
        }
        return (mark === '' ? unmarked : mark) + line
      })
      .join('\n')
}
