using System.CommandLine;
using NetProfiler.Cli;
using NetProfiler.Node;
using NetProfiler.Node.Cluster;
using NetProfiler.Node.Output;
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
    // An unknown token is reported first; a missing argument is often its consequence.
    string fault = result.Errors[0].Message;
    await StandardError.WriteLineAsync(
        $"netprofiler: {(result.UnmatchedTokens is [var token, ..] ? $"unknown command or option {token}; see --help" : fault)}");
    return ExitCode.WrongUsage;
}

int code;
try
{
    code = await result.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null,
        EnableDefaultExceptionHandler = false });
}
catch (IOException failure) when (StandardOutput.IsClosedPipe(failure))
{
    code = ExitCode.Done;
}
catch (IOException failure)
{
    await StandardError.WriteLineAsync($"netprofiler: output to {StandardOutput.Name}: {FileFault.Of(failure)}");
    code = ExitCode.Failed;
}
catch (UnauthorizedAccessException failure) when (failure.InnerException is IOException)
{
    // The console's exception for a descriptor that cannot be written.
    await StandardError.WriteLineAsync("netprofiler: output to standard output: it is closed; write to a file, or to /dev/null");
    code = ExitCode.Failed;
}
catch (Exception failure)
{
    // A bug in the program. The stack trace is needed to report it.
    await StandardError.WriteLineAsync($"netprofiler: internal error, please report it with these lines: {failure}");
    code = ExitCode.Failed;
}

return code == ExitCode.Done && StandardError.HasFailed ? ExitCode.Failed : code;
