using System.CommandLine;
using NetProfiler.Cli;
using NetProfiler.Node;
using NetProfiler.Node.Cluster;
using NetProfiler.Node.Replay;
using NetProfiler.Node.Run;

StopSignals.AcceptInterrupt();
var root = new RootCommand("Shows what HTTP/1.x traffic really does, per request, without touching the application.")
{
    RunCommand.Create(),
    ReplayCommand.Create(),
    NodeCommand.Create(),
    CheckCommand.Create(),
};

var result = root.Parse(args);
if (result.Errors.Count > 0)
{
    // What is wrong with what was written comes first; that something is missing often follows from it.
    string fault = result.Errors[0].Message;
    await Console.Error.WriteLineAsync($"netprofiler: {(result.UnmatchedTokens is [var token, ..] ? $"unknown command or option {token}; see --help" : fault)}");
    return ExitCode.WrongUsage;
}

return await result.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
