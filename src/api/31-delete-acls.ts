/**
 * DeleteAcls: v0-3
 *
 * Behavior
 * - Removes what the filters match, decided by the controller (KIP-140, fact B87).
 * - SECURITY_DISABLED for each filter without authorizer.class.name: nothing here would enforce one.
 *
 * Version notes
 * - v1 pattern types (KIP-290); v3 resource type USER (KIP-373). Apache Kafka 4 begins at v1.
 */
import { DeleteAclsRequest, DeleteAclsResponse } from '../../protocol/api/31-delete-acls.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { messageOf } from './29-describe-acls.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const deleteAcls = (services: Services) =>
  handlerFor(DeleteAclsRequest, DeleteAclsResponse, {
    key: 31,
    versions: [0, 3],
    needs: 'ALTER',
    listeners: ['broker', 'controller'],
    forwarded: true,
    handle: (request) =>
      services.authorizer === undefined
        ? refused(request, ErrorCode.SECURITY_DISABLED)
        : services.controller.settings.deleteAcls(request),
    refuse: refused,
  })

const refused = ({ filters }: DeleteAclsRequest, errorCode: ErrorCode) => ({
  throttleTimeMs: 0,
  filterResults: filters.map(() => ({ errorCode, errorMessage: messageOf(errorCode), matchingAcls: [] })),
})
