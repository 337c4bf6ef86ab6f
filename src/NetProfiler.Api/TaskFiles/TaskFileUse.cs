namespace NetProfiler.Api.TaskFiles;

public enum TaskFileUse
{
    /// <summary>By <c>netprofiler run</c>, whose command line says whom to profile: targets may be absent.</summary>
    Standalone,

    /// <summary>By the cluster: the task itself says whom to profile.</summary>
    Cluster,
}
