/**
 * DeleteAcls: v0-3
 *
 * Behavior
 * - SECURITY_DISABLED for each filter, as from Apache Kafka without authorizer.class.name. What the controller decides of
 *   filters is in src/controller/acls.ts.
 *
 * Version notes
 * - v1 pattern types (KIP-290); v3 resource type USER (KIP-373). Apache Kafka 4 begins at v1.
 */
import { DeleteAclsRequest, DeleteAclsResponse } from '../../protocol/api/31-delete-acls.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { messageOf } from './29-describe-acls.ts'
import { handlerFor } from './handler.ts'

export const deleteAcls = () =>
  handlerFor(DeleteAclsRequest, DeleteAclsResponse, {
    key: 31,
    versions: [0, 3],
    needs: 'ALTER',
    listeners: ['broker', 'controller'],
    handle: (request) => refused(request, ErrorCode.SECURITY_DISABLED),
    refuse: refused,
  })

const refused = ({ filters }: DeleteAclsRequest, errorCode: ErrorCode) => ({
  throttleTimeMs: 0,
  filterResults: filters.map(() => ({ errorCode, errorMessage: messageOf(errorCode), matchingAcls: [] })),
})
