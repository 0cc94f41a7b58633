import { chownSync, existsSync, linkSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../../../../test/support/failure.ts'
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts'
import { prepareTarget, refuseLinks } from './target-state.ts'

const somebody = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
const another = { uid: somebody.uid + 12_345, gid: somebody.gid }

describe('the folder to restore into', () => {
  test('is made, closed to others', () => {
    const target = join(temporaryFolder(), 'deep/target')
    prepareTarget(target, somebody)
    expect(statSync(target).mode & 0o777).toBe(0o700)
  })

  test('stays as it is when it was there before', () => {
    const target = join(temporaryFolder(), 'target')
    mkdirSync(target, { mode: 0o755 })
    prepareTarget(target, somebody)
    expect(statSync(target).mode & 0o777).toBe(0o755)
  })

  test('is never taken from another owner', async () => {
    const target = join(temporaryFolder(), 'target')
    mkdirSync(target)
    const failure = await failureOf(() => prepareTarget(target, another))
    expect(failure).toMatchObject({ code: 'target-exists', hint: 'name with --to a folder that does not exist yet' })
    expect(statSync(target).uid).toBe(somebody.uid)
  })

  test.runIf(somebody.uid === 0)('belongs to the owner of the cluster when it is new', () => {
    const target = join(temporaryFolder(), 'target')
    prepareTarget(target, another)
    expect(statSync(target).uid).toBe(another.uid)
    chownSync(target, 0, 0)
  })
})

describe('a restore over what is there', () => {
  const plant = (): { target: string; outside: string } => {
    const root = temporaryFolder()
    const target = join(root, 'target')
    const outside = join(root, 'outside')
    mkdirSync(join(target, 'srv/documents'), { recursive: true })
    mkdirSync(outside)
    writeFileSync(join(target, 'srv/documents/letter'), 'dear all\n')
    return { target, outside }
  }
  const refusal = (target: string, paths = ['/srv/documents']) => failureOf(() => refuseLinks(target, paths))

  test('is fine with folders and files, and with what is not there yet', () => {
    const { target } = plant()
    refuseLinks(target, ['/srv/documents', '/srv/documents/letter', '/', '/nowhere'])
    expect(existsSync(join(target, 'nowhere'))).toBe(false)
  })

  test('is refused where a link stands for a folder on the way', async () => {
    const { target, outside } = plant()
    symlinkSync(outside, join(target, 'var'))
    const failure = await refusal(target, ['/var/log/messages'])
    expect(failure.message).toContain(`${join(target, 'var')} is a link`)
    expect(failure.hint).toContain('empty folder')
  })

  test('is refused where a link lies deep in it', async () => {
    const { target, outside } = plant()
    symlinkSync(outside, join(target, 'srv/documents/more'))
    expect(await refusal(target)).toMatchObject({ code: 'target-exists' })
    expect(await refusal(target, ['/'])).toMatchObject({ code: 'target-exists' })
    refuseLinks(target, ['/srv/documents/letter'])
  })

  test('is refused where a file has another name elsewhere', async () => {
    const { target, outside } = plant()
    linkSync(join(target, 'srv/documents/letter'), join(outside, 'letter'))
    expect((await refusal(target)).message).toContain('srv/documents/letter is a link')
  })
})
