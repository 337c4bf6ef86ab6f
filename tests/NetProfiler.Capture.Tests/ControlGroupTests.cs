using System.Diagnostics;
using NetProfiler.Capture.Tests.Support;

namespace NetProfiler.Capture.Tests;

/// <summary>Who is a target by the control group that it is in, and only as long as it is in there.</summary>
public abstract class ControlGroupTests(CaptureDoor door, OddCalls program)
{
    [SkippableFact]
    public void A_cgroup_finds_who_is_in_it_who_enters_and_who_is_in_one_below()
    {
        using var group = ControlGroup.Create();
        string below = group.Make("below");
        Process[] workers = [Start(), Start(), Start(), Start()];
        ControlGroup.Enter(group.Path, workers[0]);
        ControlGroup.Enter(below, workers[1]);
        using var capture = Capture(group.Path);
        ControlGroup.Enter(below, workers[2]);
        for (int i = 0; i < workers.Length; i++) Demand(workers[i], i + 1);
        foreach (var worker in workers) End(worker);
        capture.Settle();
        Assert.Equal(2 * (1 + 2 + 3), capture.Found); // on both ends
        Assert.DoesNotContain(capture.Lost, lost => !lost.StartsWith("Unproven", StringComparison.Ordinal));
    }

    /// <summary>As a service is that systemd starts again, also where the slice around it is removed in between.</summary>
    [SkippableFact]
    public void A_cgroup_that_is_removed_and_made_again_is_followed_by_its_path()
    {
        using var group = ControlGroup.Create();
        string service = group.Make("x.slice/x.service");
        using var capture = Capture(service);
        for (int start = 1; start <= 3; start++)
        {
            var worker = Start();
            ControlGroup.Enter(service, worker);
            Demand(worker, start);
            End(worker);
            ControlGroup.Remove(group.Path + "/x.slice");
            var other = Start();
            ControlGroup.Enter(group.Make($"y{start}.service"), other);
            Demand(other, 1);
            End(other);
            group.Make("x.slice/x.service");
        }

        capture.Settle();
        Assert.Equal(2 * (1 + 2 + 3), capture.Exchanges.Count); // on both ends, from the first one on
        Assert.Empty(capture.Lost);
    }

    [SkippableFact]
    public void A_process_that_leaves_the_cgroup_is_not_captured_any_more()
    {
        using var group = ControlGroup.Create();
        var worker = Start();
        ControlGroup.Enter(group.Path, worker);
        using var capture = Capture(group.Path);
        Demand(worker, 3);
        ControlGroup.Enter(ControlGroup.Root, worker);
        Demand(worker, 5);
        capture.Drain();
        Assert.Equal(2 * 3, capture.Exchanges.Count);
        long moved = capture.Pipeline.Statistics.MovedBytes;
        Demand(worker, 5);
        capture.Drain();
        Assert.Equal(moved, capture.Pipeline.Statistics.MovedBytes);
        Assert.Equal(0, capture.Session.CountTargets());
        End(worker);
        capture.Settle();
        Assert.Equal(2 * 3, capture.Exchanges.Count);
        Assert.Empty(capture.Lost);
    }

    [SkippableFact]
    public void Children_belong_to_the_cgroup_that_they_are_in()
    {
        program.SkipUnlessReady(door);
        using var group = ControlGroup.Create();
        string line = $"read line; {program.Path} plain; echo $$ > {ControlGroup.Root}/cgroup.procs; {program.Path} plain; {program.Path} plain";
        using var shell = Tool.Start("sh", "-c", line);
        ControlGroup.Enter(group.Path, shell);
        using var capture = Capture(group.Path);
        Worker.End(shell, "go");
        capture.Settle();
        Assert.Equal(2, capture.Exchanges.Count); // the first child's
        Assert.Empty(capture.Lost);
    }

    /// <summary>As if the program at a process's exit had not run: the mark stays, and the number is given to another process.</summary>
    [SkippableFact]
    public void A_mark_that_an_exit_left_does_not_make_a_target_of_the_next_process_with_the_number()
    {
        const string LastProcess = "/proc/sys/kernel/ns_last_pid";
        Skip.IfNot(File.Exists(LastProcess), "needs a kernel with CONFIG_CHECKPOINT_RESTORE");
        using var group = ControlGroup.Create();
        using var capture = Capture(group.Path);
        var gone = Start();
        End(gone);
        for (int attempt = 0; attempt < 200; attempt++)
        {
            capture.Session.Targets.Set(gone.Id, TargetFlags.InCgroup, TargetFlags.InCgroup);
            capture.Session.Targets.Set(gone.Id, TargetFlags.Chosen, TargetFlags.Chosen);
            File.WriteAllText(LastProcess, $"{gone.Id - 1}");
            using var next = Start();
            bool isIts = next.Id == gone.Id;
            if (isIts) Demand(next, 2);
            End(next);
            if (!isIts) continue;
            capture.Settle();
            Assert.Empty(capture.Exchanges);
            Assert.Equal(0, capture.Session.CountTargets());
            return;
        }

        Skip.If(true, "other programs took the number each time");
    }

    private LiveCapture Capture(string cgroup)
    {
        program.SkipUnlessReady(door);
        return new LiveCapture(new CaptureTargets { Cgroups = [cgroup] }, new CaptureOptions { Door = door });
    }

    private Process Start() => Worker.Start(program, "on_demand");

    private static void Demand(Process worker, int times)
    {
        for (int i = 0; i < times; i++) Worker.Demand(worker);
    }

    private static void End(Process worker)
    {
        Worker.End(worker);
        worker.WaitForExit();
    }
}

[Collection("live")]
public sealed class ControlGroupBySystemCallsTests(OddCalls program) : ControlGroupTests(CaptureDoor.SystemCalls, program);

[Collection("live")]
public sealed class ControlGroupByRegistersTests(OddCalls program) : ControlGroupTests(CaptureDoor.Registers, program);

[Collection("live")]
public sealed class ControlGroupByIteratorTests(OddCalls program) : ControlGroupTests(CaptureDoor.Iterator, program);
