/* roster_report.h - what a member's REPORT (bus-protocol.md, S1) says, as JSON for people who look
 * at the herd. Pure.
 *
 * A REPORT is foreign. What is malformed in it is left out, so that what goes out is JSON whatever
 * came in, and not longer than that.
 *
 * Owner: values. Threads: any.
 */
#ifndef HERD_FRONTEND_WEB_ROSTER_REPORT_H
#define HERD_FRONTEND_WEB_ROSTER_REPORT_H

#include "common/base/sheet.h"
#include "common/base/text.h"

/* Appends members of an object, each with a comma before it:
 *   ,"version":"0.2.0","uptime":86400,"records":12,"connections":3,"followers":1,
 *   "links":[{"to":"Hands","state":"up","lag":0}] */
void roster_report_put(text_t body, sheet_t *sheet);

#endif
