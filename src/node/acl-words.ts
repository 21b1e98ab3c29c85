/** What ACLs are made of, for whoever writes and reads them outside of the cluster. */
export { ACL_CODES, SUPPORTED_OPERATIONS } from '../metadata/acls.ts'
