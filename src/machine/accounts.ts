import { readFileSync } from 'node:fs'

/** A user of this machine. */
export interface Account {
  readonly name: string
  readonly uid: number
  /** The user's own group. */
  readonly gid: number
}

function accounts(): Account[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
}

/** By name or by number. */
export const accountOf = (user: string | number): Account | undefined =>
  accounts().find(({ name, uid }) => name === user || uid === Number(user))
