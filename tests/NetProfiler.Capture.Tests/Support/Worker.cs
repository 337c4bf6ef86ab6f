using System.Diagnostics;

namespace NetProfiler.Capture.Tests.Support;

/// <summary>A program of odd_calls.c that does what it is told by lines.</summary>
internal static class Worker
{
    public static Process Start(OddCalls program, string scenario) => Start(program, scenario, out _);

    /// <param name="said">Its first line.</param>
    public static Process Start(OddCalls program, string scenario, out string said)
    {
        Skip.If(program.Reason is not null, program.Reason);
        var process = Tool.Start(program.Path, scenario);
        said = process.StandardOutput.ReadLine()!;
        return process;
    }

    /// <summary>One exchange, of which both ends are the worker's.</summary>
    public static void Demand(Process worker)
    {
        worker.StandardInput.WriteLine();
        worker.StandardInput.Flush();
        Assert.Equal("done", worker.StandardOutput.ReadLine());
    }

    public static void End(Process worker, string line = "")
    {
        if (line.Length > 0) worker.StandardInput.WriteLine(line);
        worker.StandardInput.Close();
        Assert.True(worker.WaitForExit(10_000));
        Assert.Equal(0, worker.ExitCode);
    }
}
