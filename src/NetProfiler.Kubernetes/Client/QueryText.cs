using System.Text;

namespace NetProfiler.Kubernetes.Client;

/// <summary>A query, question mark included; what is null is left out.</summary>
internal sealed class QueryText
{
    private readonly StringBuilder _text = new();

    public string? this[string name]
    {
        set
        {
            if (value is null) return;
            _text.Append(_text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }

    public override string ToString() => _text.ToString();
}
