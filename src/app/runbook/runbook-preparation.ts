import { basename, dirname } from 'node:path'
import type { SecretVariable } from '../../domain/command.ts'
import type { Instruction } from '../../domain/instruction.ts'
import { locationText } from '../../domain/repository.ts'
import { isDatabase } from '../../domain/site.ts'
import { blank, commandReading, shellWord } from '../../places/command-text.ts'
import { code, shellBlock } from './markdown.ts'
import { restoreFolder, type RunbookFacts } from './runbook-facts.ts'
import { configOption, instructionText } from './runbook-words.ts'

/** Part 2: Holdfast on a new machine, from the configuration that this page carries. */
export function newMachineSection(facts: RunbookFacts): string[] {
  const { context, components, authority, configuration } = facts
  const { site, version } = context
  const option = configOption(site)
  const secretFiles = [...new Set(secretsOf(facts).map(([, file]) => file))]
  const instructions: Instruction[] = [
    updatePackages,
    {
      ...installPackages(facts),
      expect: `no line that begins with \`E:\`. Then install Node.js 20.19 or later and Holdfast ${version} as its README says; ${code('holdfast --version')} answers.`,
    },
    {
      title: 'Write the configuration',
      command: commandReading(`mkdir -p ${shellWord(dirname(site.file))} && cat > ${shellWord(site.file)}`, configuration),
      expect: 'nothing. It is the one of the lost machine, as it was when this page was made.',
      otherwise: 'be root.',
    },
    ...seeStorage(facts),
    ...(authority === undefined ? [] : [writeAuthority(authority.file, authority)]),
    ...secretFiles.map((file) => writeSecrets(file, facts)),
    {
      title: 'Check it',
      command: `holdfast config check${option}`,
      expect: '`… is good`, and that the secrets are in place.',
      otherwise: 'it says what is wrong, in which line, and what to do.',
    },
    {
      title: 'See what can be restored',
      command: `holdfast points${option}`,
      expect: 'a list for every component. **Do not run `setup` or `backup` yet**: this machine is not the live one.',
      otherwise: 'it names the cause: a wrong key, a storage that does not answer, a repository that is not there.',
    },
    ...components.map(({ component }): Instruction => {
      const command = (...words: string[]) =>
        ['holdfast', 'restore', component.name, ...words, '--to', `${restoreFolder}/${component.name}`].join(' ') + option
      return {
        title: `Restore ${component.name}`,
        command: command(),
        expect: isDatabase(component)
          ? '`✓`, and that it started, recovered and answered, with the time of the last transaction in it. A note that the live server could not archive is right where that is the empty one of the package.'
          : '`✓`, and the folders in which the files are now.',
        otherwise:
          'it says why and what else can be restored; otherwise go by the part of this component below, without Holdfast.',
        instead: [
          { wish: 'As it was at a time', command: command("--at '2026-01-26 14:30:05'") },
          ...(!isDatabase(component)
            ? [{ wish: 'Only a part', command: command(`--path ${shellWord(component.source.paths[0] ?? '')}`) }]
            : []),
        ],
      }
    }),
  ]
  return [
    '## 2. With Holdfast, on a new machine',
    `A new Debian 12 or 13, a shell of root, Node.js 20.19 or later and Holdfast ${version}${authority === undefined ? '' : `, and the certificate in ${code(authority.file)}, which is among the steps below`}. One command asks for the keys, shows what it will do, does it step by step, and goes on where it stopped:`,
    shellBlock(recoverCommand(facts)),
    'By hand it is so. Where the machine still works and only data is lost, begin with the step that shows what can be restored.',
    ...instructions.map((instruction, index) => instructionText(instruction, index + 1)),
    `Then put each component in its place: the part of the component below says how, under “Put it in its place”; it begins with what is in ${code(restoreFolder)} now.`,
  ]
}

/** The one command that makes a bare machine the lost one. */
function recoverCommand({ context, authority }: RunbookFacts): string {
  const { name, storage } = context.site
  const options =
    storage.kind === 'directory'
      ? ['--directory', storage.path]
      : [
          ...['--bucket', storage.bucket, '--region', storage.region],
          ...(storage.host === `s3.${storage.region}.amazonaws.com`
            ? []
            : ['--endpoint', `https://${storage.host}${storage.port === 443 ? '' : `:${storage.port}`}`]),
          ...(authority === undefined ? [] : ['--ca-file', authority.file]),
          ...(storage.prefix === undefined ? [] : ['--prefix', storage.prefix]),
        ]
  return ['holdfast', 'recover', '--site', name, ...options].map(shellWord).join(' ')
}

/** Part 3: what all components need before the engines can be used by hand. */
export function prepareSection(facts: RunbookFacts): string[] {
  const secrets = secretsOf(facts)
  const instructions: Instruction[] = [
    updatePackages,
    installPackages(facts),
    {
      title: 'Make a folder for all that follows',
      command: `install -d -m 0755 ${restoreFolder}`,
      expect: 'nothing. It should lie on a disk with room for everything that comes back.',
      otherwise: 'be root.',
    },
    ...seeStorage(facts),
    ...(facts.authority === undefined ? [] : [writeAuthority(`${restoreFolder}/storage-ca.pem`, facts.authority)]),
    ...secrets.map(([variable]) => enterSecret(variable)),
  ]
  return [
    '## 3. Without Holdfast: prepare once',
    'Debian 12 or 13, the shell `bash`, as root (`sudo -i`). One command after the other, each copied whole; stay in the same shell, because it remembers the secrets.',
    ...instructions.map((instruction, index) => instructionText(instruction, index + 1)),
  ]
}

const updatePackages: Instruction = {
  title: 'Get the lists of packages',
  command: 'apt-get update',
  expect: '`Reading package lists... Done`.',
  otherwise: 'the machine has no network, or you are not root: `sudo -i`.',
}

function installPackages({ components }: RunbookFacts): Instruction {
  const majors = components.flatMap(({ cluster }) => (cluster === undefined ? [] : [cluster.majorVersion]))
  const packages = [
    ...components.flatMap(({ byHand }) => byHand.packages),
    ...majors.map((major) => (major === undefined ? 'postgresql' : `postgresql-${major}`)),
    'ca-certificates',
  ]
  const foreign =
    majors.length === 0
      ? ''
      : ' `Unable to locate package postgresql-…`: this Debian has another major version, and no other one can start these files: `apt-get install --yes postgresql-common`, then `/usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y`, then again. On Debian the package makes an empty cluster; it is in nobody’s way.'
  const users = [
    ...new Set(components.flatMap(({ cluster }) => (cluster === undefined || cluster.user === 'postgres' ? [] : [cluster.user]))),
  ]
  const makeUsers = users.map((user) => ` && { id ${user} > /dev/null || useradd --system --create-home ${user}; }`).join('')
  return {
    title: 'Install the engines',
    command: `apt-get install --yes ${[...new Set(packages)].join(' ')}${makeUsers}`,
    expect: 'no line that begins with `E:`.',
    otherwise: `read the line that begins with \`E:\`.${foreign}`,
  }
}

/** A disk that is not mounted is the first thing to go wrong. */
function seeStorage({ components, context }: RunbookFacts): Instruction[] {
  const { name, storage } = context.site
  if (storage.kind === 's3') return []
  const folders = components.map(({ component }) => code(basename(locationText(component.location))))
  return [
    {
      title: 'See that the backups are here',
      command: `ls -l ${shellWord(`${storage.path}/${name}`)}`,
      expect: `the folders ${folders.join(', ')}.`,
      otherwise: `attach the disk that holds them and mount it so that ${code(storage.path)} is the same folder as before; \`lsblk\` shows the disks.`,
    },
  ]
}

function writeAuthority(file: string, authority: { readonly file: string; readonly text: string | undefined }): Instruction {
  const pem =
    authority.text ?? `PUT HERE WHAT ${authority.file} HELD: THE CERTIFICATE OF THE AUTHORITY, FROM -----BEGIN TO END-----`
  return {
    title: 'Write the certificate of the authority that the storage’s own is signed by',
    command: commandReading(`mkdir -p ${shellWord(dirname(file))} && cat > ${shellWord(file)}`, pem.trim()),
    expect: 'nothing. It is not a secret.',
    otherwise: 'whoever runs the storage has that certificate.',
  }
}

const descriptions: Record<SecretVariable, string> = {
  RESTIC_PASSWORD: 'the passphrase of the backups',
  AWS_ACCESS_KEY_ID: 'the id of the key of the bucket',
  AWS_SECRET_ACCESS_KEY: 'the secret of the key of the bucket',
  AWS_SESSION_TOKEN: 'the session token of the bucket',
}

/** The id of a key only names it. */
const isShown = (variable: SecretVariable): boolean => variable === 'AWS_ACCESS_KEY_ID'

const ask = (variable: SecretVariable): string =>
  isShown(variable)
    ? `read -rp '${descriptions[variable]}: ' ${variable}`
    : `read -rsp '${descriptions[variable]}: ' ${variable} && echo`

function enterSecret(variable: SecretVariable): Instruction {
  return {
    title: `Enter ${descriptions[variable]}`,
    command: `${ask(variable)} && export ${variable}`,
    expect: isShown(variable)
      ? 'a question. Paste it and press Enter.'
      : 'a question. Paste it and press Enter; it is not shown.',
    otherwise: 'use `bash`: other shells ask otherwise.',
  }
}

/** Every secret that is needed, with the file that Holdfast reads it from. */
function secretsOf({ components, context }: RunbookFacts): [SecretVariable, string][] {
  const { site, secretFileOf } = context
  const needed = new Set(components.flatMap(({ byHand }) => byHand.secrets))
  if (secretFileOf('AWS_SESSION_TOKEN') === undefined) needed.delete('AWS_SESSION_TOKEN')
  return [...needed].map((name) => [
    name,
    secretFileOf(name) ?? `${site.secretsDirectory}/${name === 'RESTIC_PASSWORD' ? 'restic.key' : 'aws.env'}`,
  ])
}

function writeSecrets(file: string, facts: RunbookFacts): Instruction {
  const names = secretsOf(facts)
    .filter(([, of]) => of === file)
    .map(([name]) => name)
  const asks = names.map(ask).join(' && ')
  const text = names.map((name) => (name === 'RESTIC_PASSWORD' ? blank(name) : `${name}=${blank(name)}`)).join('\n')
  return {
    title: `Write ${names.map((name) => descriptions[name]).join(' and ')}`,
    command: `${asks} && mkdir -p -m 0700 ${shellWord(dirname(file))} && ${commandReading(`install -m 0600 /dev/stdin ${shellWord(file)}`, text)}`,
    expect:
      names.length === 1
        ? 'a question. Paste it and press Enter; it is not shown.'
        : 'a question for each. Paste it and press Enter; what is secret is not shown.',
    otherwise: 'use `bash`: other shells ask otherwise.',
  }
}
