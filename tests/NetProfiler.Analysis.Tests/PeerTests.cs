using System.Text;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Tests.Support;
using static NetProfiler.Analysis.Tests.Support.Http;

namespace NetProfiler.Analysis.Tests;

/// <summary>Who is at the other end, told by sockets that are not captured, by addresses and by translations.</summary>
public class PeerTests
{
    private static readonly EndpointAddress Here = EndpointAddress.IPv4([10, 0, 0, 1], 40_000);
    private static readonly EndpointAddress There = EndpointAddress.IPv4([10, 0, 0, 2], 80);
    private static readonly EndpointAddress Wildcard = EndpointAddress.IPv4([0, 0, 0, 0], 80);
    private static readonly EndpointAddress WildcardV6 = EndpointAddress.IPv6(new byte[16], 80);

    [Fact]
    public void An_address_of_which_nothing_is_known_is_external() =>
        Assert.Equal(new Party(PartyKind.External, null, "10.0.0.2"), RemoteOf(Here, There, _ => { }));

    [Fact]
    public void Who_listens_at_that_very_address_is_the_peer() => Assert.Equal("shop", RemoteOf(Here, There, events =>
    {
        Owns(events, 2, "shop", There);
        Host(events, 2, There);
    }).Name);

    [Fact]
    public void A_listener_of_all_addresses_is_the_peer_where_its_namespace_has_the_address()
    {
        foreach (var all in new[] { Wildcard, WildcardV6 })
        {
            Assert.Equal("shop", RemoteOf(Here, There, events =>
            {
                Owns(events, 2, "shop", all);
                Host(events, 2, There);
                Owns(events, 3, "other", all);
            }).Name);
        }
    }

    [Fact]
    public void A_listener_of_all_addresses_elsewhere_is_not() =>
        Assert.Equal(PartyKind.External, RemoteOf(Here, There, events => Owns(events, 2, "shop", Wildcard)).Kind);

    [Fact]
    public void A_listener_of_another_port_is_not() => Assert.Equal(PartyKind.External, RemoteOf(Here, There, events =>
    {
        Owns(events, 2, "shop", Wildcard with { Port = 81 });
        Host(events, 2, There);
    }).Kind);

    [Fact]
    public void One_s_own_address_is_in_one_s_own_namespace() =>
        Assert.Equal("shop", RemoteOf(Here, Here with { Port = 80 }, events => Owns(events, 1, "shop", Wildcard)).Name);

    [Fact]
    public void Loopback_is_another_in_each_namespace()
    {
        var local = EndpointAddress.IPv4([127, 0, 0, 1], 40_000);
        var remote = EndpointAddress.IPv4([127, 0, 0, 1], 80);
        Assert.Equal("near", RemoteOf(local, remote, events =>
        {
            Owns(events, 1, "near", Wildcard);
            Owns(events, 2, "far", remote);
        }).Name);
        Assert.Equal(PartyKind.External, RemoteOf(local, remote, events =>
        {
            Owns(events, 2, "far", remote);
            events.OnOwner(Owner(2, "far", remote, local));
        }).Kind);
    }

    [Fact]
    public void A_client_that_is_not_captured_is_known_by_its_socket() =>
        Assert.Equal("curl", RemoteOf(There, Here, events => events.OnOwner(Owner(9, "curl", Here, There))).Name);

    [Fact]
    public void Behind_a_translation_the_listener_that_packets_reach_is_the_peer()
    {
        var service = EndpointAddress.IPv4([10, 96, 0, 1], 80);
        Assert.Equal("shop", RemoteOf(Here, service, events =>
        {
            Owns(events, 2, "shop", Wildcard);
            Host(events, 2, There);
            events.OnTranslated(1, Here, There);
        }).Name);
    }

    [Fact]
    public void Captured_ends_find_each_other_through_a_translation()
    {
        var service = EndpointAddress.IPv4([10, 96, 0, 1], 80);
        var outside = EndpointAddress.IPv4([10, 0, 0, 254], 50_000); // masqueraded
        using var capture = new Capture();
        capture.Open(1, 1, "web", Here, service, isFromStart: true);
        capture.Pipeline.OnTranslated(1, outside, There);
        capture.Open(2, 2, "shop", There, outside, isFromStart: true);
        Assert.Equal("shop", RemoteOf(capture, 1).Name);
        Assert.Equal("web", RemoteOf(capture, 2).Name);
    }

    [Fact]
    public void A_connection_that_took_a_closed_one_s_place_has_its_own_translation()
    {
        using var capture = new Capture();
        capture.Open(1, 1, "web", Here, There, isFromStart: true);
        capture.Pipeline.OnTranslated(1, Here, There with { Port = 8080 });
        capture.Pipeline.OnClose(new SocketClose(1, 1, IsHeld: false));
        capture.Open(2, 1, "web", Here, There, isFromStart: true);
        capture.Open(3, 2, "shop", There, Here, isFromStart: true);
        Assert.Equal("shop", RemoteOf(capture, 2).Name);
    }

    [Fact]
    public void A_listener_that_ended_names_no_connection_and_one_beside_it_does()
    {
        var any = new EndpointAddress(EndpointKind.IPv4, 0, There.Port);
        var owners = new SocketOwners();
        owners.AddHost(1, There);
        Listen("old", There, 11);
        Assert.Equal("old", Named());
        Listen("new", any, 12);
        Assert.Equal("old", Named()); // its address is the nearer one
        End(There, 99); // another's socket
        Assert.Equal("old", Named());
        End(There, 11);
        Assert.Equal("new", Named());
        Listen("beside", any, 13); // SO_REUSEPORT
        Assert.Equal("beside", Named());
        End(any, 13);
        Assert.Equal("new", Named());
        End(any, 12);
        Assert.Null(Named());

        string? Named()
        {
            using var capture = new Capture();
            capture.Open(1, 1, "web", Here, There, isFromStart: true);
            return owners.RemoteOf(capture.Pipeline.Find(1)!)?.Process.Name;
        }

        void Listen(string name, EndpointAddress local, uint inode) =>
            owners.Add(
                new SocketOwner { ProcessId = 1, ProcessName = "x"u8, NetworkNamespace = 1, Local = local, Remote = null, Inode = inode },
                new ProcessIdentity(1, name));

        void End(EndpointAddress local, uint inode) => owners.Add(
            new SocketOwner { ProcessId = 1, ProcessName = "x"u8, NetworkNamespace = 1, Local = local, Remote = null, Inode = inode,
                HasEnded = true }, new ProcessIdentity(1, "x"));
    }

    [Fact]
    public void The_servers_end_of_a_connection_names_that_connection_alone()
    {
        var owners = new SocketOwners();
        var listens = new SocketOwner { ProcessId = 1, ProcessName = "x"u8, NetworkNamespace = 1, Local = There, Remote = null, Inode = 7 };
        owners.Add(listens, new ProcessIdentity(1, "old"));
        owners.Add(new SocketOwner { ProcessId = 1, ProcessName = "x"u8, NetworkNamespace = 1, Local = There, Remote = Here },
            new ProcessIdentity(1, "old"));
        owners.Add(new SocketOwner { ProcessId = 1, ProcessName = "x"u8, NetworkNamespace = 1, Local = There, Remote = null, Inode = 7,
            HasEnded = true }, new ProcessIdentity(1, "old"));
        using var capture = new Capture();
        capture.Open(1, 1, "web", Here, There, isFromStart: true);
        capture.Open(2, 1, "web", Here with { Port = 9 }, There, isFromStart: true);
        Assert.Equal("old", owners.RemoteOf(capture.Pipeline.Find(1)!)?.Process.Name);
        Assert.Null(owners.RemoteOf(capture.Pipeline.Find(2)!));
    }

    [Fact]
    public void Unix_sockets_are_joined_by_their_peer_and_else_named_by_their_path()
    {
        using var capture = new Capture();
        OpenUnix(1, "web", 0xa1, 0xb1, EndpointRole.Client);
        OpenUnix(2, "cron", 0xa2, 0xb2, EndpointRole.Client);
        Assert.Equal("unix:/run/1", RemoteOf(capture, 1).Name); // asked before the other end is known
        OpenUnix(3, "shop", 0xb1, 0xa1, EndpointRole.Server);
        OpenUnix(4, "mail", 0xb3, 0xa3, EndpointRole.Server);
        Assert.Equal("shop", RemoteOf(capture, 1).Name);
        Assert.Equal("web", RemoteOf(capture, 3).Name);
        Assert.Equal("unix:/run/2", RemoteOf(capture, 2).Name);
        Assert.Equal("unix:/run/4", RemoteOf(capture, 4).Name);

        void OpenUnix(ulong id, string name, ulong socket, ulong peer, EndpointRole role) => capture.Pipeline.OnOpen(new SocketOpen
        {
            Connection = id, ProcessId = (int)id, ProcessName = Encoding.UTF8.GetBytes(name), Role = role, FromStart = true,
            Local = EndpointAddress.UnixOf(socket), Remote = EndpointAddress.UnixOf(peer),
            UnixPath = Encoding.UTF8.GetBytes($"/run/{id}"),
        });
    }

    [Fact]
    public void No_more_sockets_are_remembered_than_the_bound()
    {
        var owners = new SocketOwners();
        var process = new ProcessIdentity(1, "x");
        for (int i = 0; i <= SocketOwners.MaxConnected; i++)
            owners.Add(Owner(1, "x", new EndpointAddress(EndpointKind.IPv6, (UInt128)(i + 2), 1), There), process);
        for (int i = 0; i <= SocketOwners.MaxListening; i++)
        {
            var address = new EndpointAddress(EndpointKind.IPv6, (UInt128)(i + 2), 1);
            owners.Add(Owner(1, "x", address, null), process);
            owners.AddHost(1, address);
        }

        Assert.Equal(2, owners.NotKept);
    }

    [Fact]
    public void Both_views_of_an_edge_are_one_call()
    {
        var edges = new Edges();
        using var capture = new Capture();
        capture.Sink.Also = (in exchange) => edges.Record(exchange, capture.Pipeline.PeersOf(exchange.Connection));
        var client = Script.Client(capture, name: "web");
        Script.Server(capture, name: "shop").Receives(Get("/a")).Sends(Ok).Receives(Get("/b")).Sends(Response(500));
        client.Sends(Get("/a")).Receives(Ok).Sends(Get("/b")).Receives(Response(500));
        var call = Assert.Single(Topology.Of(edges.Snapshot()));
        Assert.Equal(("web", "shop"), (call.Client.Name, call.Server.Name));
        Assert.Equal((2, 1), (call.AtClient!.Requests, call.AtClient.Errors));
        Assert.Equal((2, 1), (call.AtServer!.Requests, call.AtServer.Errors));
        Assert.Equal(Get("/a").Length + Get("/b").Length, call.AtServer.RequestBytes);
    }

    private static Party RemoteOf(EndpointAddress local, EndpointAddress remote, Action<ExchangePipeline> tell)
    {
        using var capture = new Capture();
        capture.Pipeline.OnOpen(new SocketOpen { Connection = 1, ProcessId = 1, ProcessName = "web"u8, Local = local, Remote = remote,
            NetworkNamespace = 1, FromStart = true });
        tell(capture.Pipeline);
        return RemoteOf(capture, 1);
    }

    private static Party RemoteOf(Capture capture, ulong connection) => capture.Pipeline.PeersOf(capture.Pipeline.Find(connection)!).Remote;

    private static void Owns(ExchangePipeline events, uint networkNamespace, string name, EndpointAddress local) =>
        events.OnOwner(Owner(networkNamespace, name, local, null));

    private static void Host(ExchangePipeline events, uint networkNamespace, EndpointAddress address) =>
        events.OnHost(networkNamespace, address);

    private static SocketOwner Owner(uint networkNamespace, string name, EndpointAddress local, EndpointAddress? remote) => new()
    {
        ProcessId = name[0], ProcessName = System.Text.Encoding.UTF8.GetBytes(name), NetworkNamespace = networkNamespace, Local = local,
        Remote = remote,
    };
}
