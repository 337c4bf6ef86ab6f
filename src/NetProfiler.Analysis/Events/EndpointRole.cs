namespace NetProfiler.Analysis.Events;

/// <summary>Which end of an HTTP connection the profiled process is.</summary>
public enum EndpointRole : byte
{
    Unknown = 0,
    Server = 1,
    Client = 2,
}
