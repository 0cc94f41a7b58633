import { closeSync, fstatSync, openSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isJournal, journalLines } from './journal-lines.ts'

describe('lines for the journal of systemd', () => {
  it('have the priority of their mark, and so has what is indented below one', () => {
    const lines = journalLines('')
    expect(lines('  ✓ database  1.62 GB\n  ✗ logs  /srv/logs is missing\n         is the volume mounted?\n')).toBe(
      '  ✓ database  1.62 GB\n<3>  ✗ logs  /srv/logs is missing\n<3>         is the volume mounted?\n',
    )
    expect(lines('  ! configs  2 files could not be read\n    /srv/secret\n\n  3 of 4 done in 2m\n')).toBe(
      '<4>  ! configs  2 files could not be read\n<4>    /srv/secret\n\n  3 of 4 done in 2m\n',
    )
  })

  it('are all errors where errors go', () => {
    expect(journalLines('<3>')('error: locked\nhint:  wait\n')).toBe('<3>error: locked\n<3>hint:  wait\n')
  })
})

describe('the journal', () => {
  it('is known by device and inode, and by nothing else', () => {
    const file = openSync('/dev/null', 'w')
    try {
      const { dev, ino } = fstatSync(file)
      expect(isJournal(file, { JOURNAL_STREAM: `${dev}:${ino}` })).toBe(true)
      expect(isJournal(file, { JOURNAL_STREAM: `${dev}:${ino + 1}` })).toBe(false)
      expect(isJournal(file, {})).toBe(false)
    } finally {
      closeSync(file)
    }
  })
})
