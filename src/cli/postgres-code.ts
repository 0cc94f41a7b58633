export { clusterOwner, clusterUser, knownMajorVersionOf, locateHere, majorVersionOf } from '../sources/postgres/data-directory.ts'
export { debianCluster } from '../sources/postgres/debian.ts'
export { proveByHand, putBackByHand } from '../sources/postgres/manual/restore.ts'
export { putBackInContainer } from '../sources/postgres/manual/restore-in-container.ts'
