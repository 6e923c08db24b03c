#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs the plan, which was made from the scenario, with the functions of
# functions.sh; leaves everything that it finds in /lab/out.
HOME=/run
export HOME
exec 2>> /lab/out/guest.log
. /lab/guest/functions.sh
if (. /lab/in/plan.sh); then result finished yes; else result finished no; fi
collect
[ "$how" = uml ] && exec /sbin/halt -f -p
exit 0
