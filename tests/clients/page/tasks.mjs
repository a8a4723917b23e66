// How long a page is busy: the processor time of each task of its main thread, from the browser's own trace. Time by the
// clock would tell of other programs on the machine too.

const TASK = "ThreadControllerImpl::RunTask";

export class Tasks {
  constructor(session) {
    this.session = session;
    this.events = [];
    session.on("Tracing.dataCollected", ({ value }) => this.events.push(...value));
  }

  /// Milliseconds of the longest task while `work` is done.
  async longest(work) {
    this.events.length = 0;
    const traceConfig = { includedCategories: ["toplevel"] };
    await this.session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig });
    await work();
    const complete = new Promise((resolve) => this.session.once("Tracing.tracingComplete", resolve));
    await this.session.send("Tracing.end");
    await complete;
    const thread = ({ pid, tid }) => `${pid}:${tid}`;
    const named = this.events.filter((event) => event.name === "thread_name" && event.args.name === "CrRendererMain");
    const mains = new Set(named.map(thread));
    const tasks = this.events.filter((event) => event.name === TASK && mains.has(thread(event)));
    if (tasks.length === 0) throw new Error("the trace holds no task of the page");
    return Math.max(...tasks.map((task) => (task.tdur ?? 0) / 1000));
  }
}
