using System.Diagnostics.CodeAnalysis;
using NetProfiler.Api.Resources;
using NetProfiler.Api.Yaml;

namespace NetProfiler.Api.TaskFiles;

/// <summary>The result of reading a file: a valid task, or every fault that was found, in the order of the file.</summary>
public sealed class TaskFileReading
{
    private readonly string _name;

    internal TaskFileReading(string name, NetworkProfilingTask task) => (_name, Task, Faults) = (name, task, []);

    internal TaskFileReading(string name, IReadOnlyList<FieldFault> faults) => (_name, Faults) = (name, faults);

    [MemberNotNullWhen(true, nameof(Task))]
    public bool IsValid => Task is not null;

    public NetworkProfilingTask? Task { get; }

    public IReadOnlyList<FieldFault> Faults { get; }

    public IEnumerable<string> FaultLines => Faults.Select(fault => fault.In(_name));
}
