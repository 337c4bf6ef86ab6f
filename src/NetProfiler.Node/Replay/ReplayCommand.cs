using System.CommandLine;
using NetProfiler.Analysis.Events;
using NetProfiler.Node.Report;

namespace NetProfiler.Node.Replay;

/// <summary>The command line of <c>netprofiler replay</c>.</summary>
internal static class ReplayCommand
{
    public static Command Create()
    {
        var path = new Argument<string>("FILE") {
            Description = "A recording, pcap or pcapng file, or `-` for standard input. With --ui or --report also an HTTP archive (HAR) "
                + "or output of --output json." };
        var report = new ReportOptions(defaultListen: "none");
        var role = new Option<string?>("--role")
        {
            Description = "For packet captures, the end to profile (default: server). For recordings, count exchanges in this role only.",
            HelpName = "server|client",
        };
        var ports = ReportOptions.Numbers("--port", "Only connections with this TCP port on either end.", 1, 65535, "a port");
        role.Validators.Add(result => ReportOptions.OneOf(result, "server", "client"));

        var command = new Command("replay", "The same analysis over a recording (run --record) or captured packets.") { path, role, ports };
        report.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (await report.ReadAsync(parsed).ConfigureAwait(false) is not { } told) return ExitCode.WrongUsage;
            // A recording has what its run read.
            told = told.WithTls();
            var wanted = parsed.GetValue(role) switch
            {
                "server" => EndpointRole.Server,
                "client" => EndpointRole.Client,
                _ => told.Plans is [var only] ? only.Role : EndpointRole.Unknown,
            };
            return await ReplayRun.ExecuteAsync(new ReplaySettings(parsed.GetValue(path)!, wanted, parsed.GetValue(ports) ?? [], told))
                .ConfigureAwait(false);
        });
        return command;
    }
}
