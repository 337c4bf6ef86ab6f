namespace NetProfiler.Node.Settings;

internal enum TopologyFormat
{
    /// <summary>Graphviz.</summary>
    Dot,

    /// <summary>Mermaid's flowchart, which Markdown viewers render.</summary>
    Mermaid,

    Json,
}
