import type { Instruction } from '../../../domain/instruction.ts'
import type { DatabaseContainer } from '../../../domain/site.ts'
import { shellWord } from '../../../places/command-text.ts'
import type { RestoredByHand } from './restore.ts'

/**
 * Puts a stopped copy where the data of a container is. That is mostly a volume, which can't be renamed; so the old data is
 * copied out of it, and the restored data in, by a container of the same image, in which every path and user is the right one.
 */
export function putBackInContainer(
  { copy, dataDirectory }: Pick<RestoredByHand, 'copy' | 'dataDirectory'>,
  container: DatabaseContainer,
): Instruction[] {
  const { name, user, runtime = 'docker', findsData } = container
  const aside = `${copy}.before-restore`
  // Where nobody named it, the container says where its data is.
  const found = findsData ? `"\${PGDATA:-${dataDirectory}}"` : shellWord(dataDirectory)
  const known = shellWord(dataDirectory)
  const data = '"$data"'
  const isOne = `[ -s ${data}/PG_VERSION ] || [ -z "$(ls -A ${data})" ] || { echo ${data} is no data directory >&2; exit 1; }`
  const inData = (script: string) => helper(`data=${found}; ${isOne}; ${script}`)
  const helper = (script: string) =>
    `${runtime} run --rm --network none --user root --volumes-from ${name} --volume ${folderOf(copy)}:${folderOf(copy)} $(${environment}) --entrypoint sh $(${image}) -ec ${shellWord(script)}`
  const image = `${runtime} inspect --format '{{.Image}}' ${name}`
  const environment = `${runtime} inspect --format '{{range .Config.Env}}{{println .}}{{end}}' ${name} | sed -n -E 's/^(PATH|PGDATA)=/--env \\1=/p'`
  return [
    {
      title: 'Stop the container',
      command: `${runtime} stop -t 60 ${name}`,
      expect: `\`${name}\`, and nothing of it in \`${runtime} ps\`.`,
      otherwise: `\`No such container\`: make it from its compose file, with an empty volume, and repeat; on a new machine that comes first.`,
    },
    {
      title: 'Copy what is there aside',
      command: inData(`cp -a ${data} ${aside}`),
      expect: `nothing; ${aside} holds the old data. Delete it only after days of being content.`,
      otherwise: `\`File exists\` or a folder in it: an earlier try left one; move it elsewhere. \`No such file\`, or \`is no data directory\`: ${known} is not where that container has its data; \`${runtime} inspect ${name}\` tells, as PGDATA.`,
    },
    {
      title: 'Put the restored data in its place',
      command: inData(`find ${data} -mindepth 1 -delete; cp -a ${copy}/. ${data}; chown -R ${user} ${data}; chmod 0700 ${data}`),
      expect: `nothing. It takes as long as copying. Tablespaces stay in ${copy}-tablespaces: if that folder is not empty, mount it into the container at that same path.`,
      otherwise: '`No space left`: free some, and repeat; the old data is aside, and the restored one where it was.',
    },
    {
      title: 'Start it as the live server',
      command: `${runtime} start ${name}`,
      expect: `\`${name}\`; \`${runtime} exec --user ${user} ${name} psql -l\` lists your databases.`,
      otherwise: `\`${runtime} logs --tail 50 ${name}\` says why.`,
    },
  ]
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'))
