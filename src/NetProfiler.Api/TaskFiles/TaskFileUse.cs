namespace NetProfiler.Api.TaskFiles;

public enum TaskFileUse
{
    /// <summary>For <c>netprofiler run</c>, whose command line specifies the targets: they may be absent.</summary>
    Standalone,

    /// <summary>For the cluster: the task itself must specify the targets.</summary>
    Cluster,
}
