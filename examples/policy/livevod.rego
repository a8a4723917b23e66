# What a plan must not do, for any engine that reads Rego: `opa eval`, `conftest`, `regorus`.
#
#     livevod plan --format terraform-json > plan.json
#     conftest test --policy examples/policy --namespace livevod plan.json
package livevod

import rego.v1

# A plan of which nothing is known can't be judged.
deny contains "the plan is not whole: a domain could not be read" if not input.complete

# Nobody deletes what is on air around the clock; a replace is a delete too.
deny contains message if {
	some change in input.resource_changes
	"delete" in change.change.actions
	change.change.before.app == "news"
	message := sprintf("%s: configurations of the app news are never deleted or replaced", [change.index])
}

# What is recorded now must be recorded afterwards, by its own entry or by a wider one.
deny contains message if {
	some change in input.resource_changes
	change.livevod.recorded_by.before != null
	change.livevod.recorded_by.after == null
	message := sprintf("%s: nothing would record it any more", [change.index])
}

# The archive takes files of an hour at most.
deny contains message if {
	some change in input.resource_changes
	change.change.after.cycle_duration > 3600
	message := sprintf("%s: files of %d s are longer than an hour", [change.index, change.change.after.cycle_duration])
}
