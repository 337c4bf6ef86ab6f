using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Redaction;

namespace NetProfiler.Analysis.Tests.Support;

/// <summary>Calls as they are after the masker.</summary>
internal static class Masking
{
    public static List<Transfer> Mask(IEnumerable<Transfer> calls, bool isFromStart = true)
    {
        var masker = new EventMasker(SampleBuilder.Policy);
        var masked = new List<Transfer>();
        foreach (var call in calls)
        {
            masker.OnOpen(call.Connection, isFromStart);
            byte[] bytes = [.. call.Bytes];
            (call with { Bytes = bytes }).Deliver(new MaskingHandler(masker, bytes));
            masked.Add(call with { Bytes = bytes });
        }

        return masked;
    }

    /// <summary>The bytes of one direction, one after the other.</summary>
    public static string TextOf(IEnumerable<Transfer> calls, Direction direction) =>
        System.Text.Encoding.Latin1.GetString([.. calls.Where(call => call.Direction == direction).SelectMany(call => call.Bytes)]);

    private sealed class MaskingHandler(EventMasker masker, byte[] bytes) : ISocketEventHandler
    {
        public void OnData(in SocketData data) => masker.Mask(data, bytes);

        public void OnOpen(in SocketOpen open) => throw new NotSupportedException();

        public void OnEnd(ulong connection, Direction direction, long timeNanoseconds) => throw new NotSupportedException();

        public void OnClose(in SocketClose close) => throw new NotSupportedException();

        public void OnTally(in SocketTally tally) => throw new NotSupportedException();

        public void OnDrop(ulong connection, string reason, long timeNanoseconds) => throw new NotSupportedException();

        public void OnProcessExit(int processId, long timeNanoseconds) => throw new NotSupportedException();

        public void OnOwner(in SocketOwner owner) => throw new NotSupportedException();

        public void OnTranslated(ulong connection, EndpointAddress local, EndpointAddress remote) => throw new NotSupportedException();

        public void OnStream(in SocketStream stream) => throw new NotSupportedException();

        public void OnStreamEnd(in SocketStreamEnd end) => throw new NotSupportedException();

        public void OnHost(uint networkNamespace, EndpointAddress address) => throw new NotSupportedException();
    }
}
