namespace NetProfiler.Node.Settings;

internal enum TopologyFormat
{
    /// <summary>Graphviz.</summary>
    Dot,

    /// <summary>Mermaid's flowchart, which Markdown viewers draw.</summary>
    Mermaid,

    Json,
}
