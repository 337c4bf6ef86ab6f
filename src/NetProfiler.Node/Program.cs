using System.CommandLine;
using NetProfiler.Node;
using NetProfiler.Node.Run;

var root = new RootCommand("Shows what HTTP/1.x traffic really does, per request, without touching the application.")
{
    RunCommand.Create(),
    CheckCommand.Create(),
};

var result = root.Parse(args);
if (result.Errors.Count > 0)
{
    foreach (string error in result.Errors.Select(error => error.Message).Distinct()) await Console.Error.WriteLineAsync($"netprofiler: {error}");
    return ExitCode.WrongUsage;
}

return await result.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
